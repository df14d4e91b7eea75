"""Thresholds that each product must reach on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .selection import Selection
    from .tracks import Tracks

__all__ = ["above_thresholds"]


def above_thresholds(cuts: Selection, tracks: Tracks) -> NDArray[np.bool_] | None:
    """Which tracks reach the thresholds in momentum, transverse momentum, and energy by kind; None without any.

    The common threshold in energy is applied before tracks are picked.
    """
    masks = []
    if cuts.momentum_each_min is not None:
        masks.append(tracks.px**2 + tracks.py**2 + tracks.pz**2 >= cuts.momentum_each_min**2)
    if cuts.transverse_momentum_each_min is not None:
        masks.append(tracks.px**2 + tracks.py**2 >= cuts.transverse_momentum_each_min**2)
    for kind in ("electron", "muon", "photon", "hadron"):
        least = getattr(cuts.thresholds, kind, None)
        if least is not None:
            masks.append((tracks.energy >= least) | ~tracks.of_kind(kind))
    return np.logical_and.reduce(masks) if masks else None
