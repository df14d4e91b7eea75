"""From prepared pairs to the two halves of a model: the mass spectrum and a back end for the kinematics."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.histogram import fit_histogram
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from darkbeam.dilepton.flow_train import Epoch
    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.prepare import Prepared

__all__ = ["BACK_ENDS", "fit_kinematics", "fit_prepared"]

BACK_ENDS = ("auto", "flow", "table", "bootstrap", "histogram")
"""``auto`` is the flow where torch is installed and the bootstrap elsewhere; ``table`` is a flow, tabulated."""
MEMBERS = 10
"""Bootstrap replicas of the back ends without training."""
MANY = 1e6
"""Effective pairs above which the bootstrap is as good as the flow, and costs no training."""


def chosen_back_end(name: str, effective: float) -> str:
    """Back end that a name stands for.

    Raises
    ------
    UnknownNameError
    """
    from importlib.util import find_spec

    if name not in BACK_ENDS:
        raise UnknownNameError("back end", name, BACK_ENDS)
    if name != "auto":
        return name
    torch = find_spec("torch") is not None and find_spec("zuko") is not None
    return "flow" if torch and effective < MANY else "bootstrap"


def fit_kinematics(
    prepared: Prepared,
    back_end: str = "auto",
    *,
    seed: int = 1,
    members: int | None = None,
    epochs: int | None = None,
    progress: Callable[[Epoch], None] | None = None,
    checkpoint: Path | None = None,
) -> KinematicModel:
    """Fit p(pT, y | m).

    Parameters
    ----------
    prepared : Prepared
    back_end : str
        In `BACK_ENDS`.
    seed : int
    members : int, optional
        Bootstrap replicas; by default those of the back end.
    epochs : int, optional
        Of the flow.
    progress, checkpoint
        As for `darkbeam.dilepton.ensemble.fit_flow`.

    Raises
    ------
    UnknownNameError, ValueRangeError, MissingExtraError
    """
    sample = prepared.sample
    kind = chosen_back_end(back_end, sample.effective_size)
    count = {} if members is None else {"members": members}
    if kind in ("bootstrap", "histogram"):
        if epochs is not None or checkpoint is not None:
            raise ValueRangeError(f"--epochs and --checkpoint are for a flow, not for the back end {kind}")
        rng = stream(seed, f"dilepton/{kind}")
        n = MEMBERS if members is None else members
        if kind == "bootstrap":
            return fit_bootstrap(sample, rng, members=n)
        return fit_histogram(sample, rng, members=n)
    from darkbeam.dilepton.bake import bake
    from darkbeam.dilepton.ensemble import fit_flow
    from darkbeam.dilepton.flow_train import settings_for

    settings = settings_for(sample.effective_size)
    if epochs is not None:
        settings = replace(settings, epochs=epochs)
    flow = fit_flow(sample, seed=seed, settings=settings, progress=progress, checkpoint=checkpoint, **count)
    return bake(flow) if kind == "table" else flow


def fit_prepared(prepared: Prepared, *, line_shapes: bool = True) -> MassSpectrum:
    """Mass spectrum of prepared pairs, with the resolution of their card."""
    card = prepared.card
    return fit_spectrum(
        prepared.sample, card.mass_resolution, resolution_error=card.resolution_error, line_shapes=line_shapes
    )
