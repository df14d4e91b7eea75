"""Masses whose pairs belong to a narrow state, and that windows of other masses must leave out.

A window of the nearest-k density beside a state that is not resolved, or much narrower than the distances of the pairs,
would count the state as continuum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.dilepton.line_shapes import STATES, unresolved
from darkbeam.dilepton.resolution import relative_resolution

if TYPE_CHECKING:
    from darkbeam.dilepton.resolution import Resolution

__all__ = ["UNKNOWN", "cut_out"]

SHARP, CUT = 1e-3, 20.0
"""States narrower than this, relative to the mass, are cut out with so many widths on both sides."""
UNKNOWN = 0.02
"""Resolution where none is known: that of a typical fixed-target spectrometer."""


def cut_out(resolution: Resolution | None) -> dict[str, tuple[float, float]]:
    """Edges (GeV) between which pairs belong to a state, for those that are narrow or that a resolution hides."""
    known = UNKNOWN if resolution is None else resolution
    hidden, found = unresolved(known), {}
    for name, (M, G) in STATES.items():
        sigma = float(relative_resolution(known, M)) * M
        half = max(3.0 * sigma if name in hidden else 0.0, CUT * G if G < SHARP * M else 0.0)
        if half > 0.0:
            found[name] = (M - half, M + half)
    return found
