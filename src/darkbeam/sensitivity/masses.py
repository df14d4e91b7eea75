"""The mass grid of a scan.

The base grid is uniform in ln m.  Nodes are added where the physics changes faster than that: kinematic
thresholds of the sources and of the decays, and the omega and phi peaks of the proton form factor.  After the
scan, masses are bisected where a region opens or closes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam import constants as c
from darkbeam.errors import MassRangeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["DEFAULT_MASSES", "closing_masses", "mass_grid", "parse_masses"]

DEFAULT_MASSES = (0.01, 3.0, 60)

THRESHOLDS = (
    2 * c.M_MU, 2 * c.M_PI, c.M_PI0, c.M_ETA, c.M_ETAP, c.M_OMEGA - c.M_PI0, c.M_PHI - c.M_ETA, 2 * c.M_K,
)  # fmt: skip
"""Masses where a decay opens or a source closes, GeV."""


def parse_masses(text: str) -> tuple[float, float, int]:
    """Read ``LO:HI:N`` (GeV).

    Raises
    ------
    MassRangeError
        If the text is not of this form, or the range is empty.

    Examples
    --------
    >>> parse_masses("0.01:3:60")
    (0.01, 3.0, 60)
    """
    parts = text.split(":")
    try:
        low, high, n = float(parts[0]), float(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        raise MassRangeError(f"--masses {text!r} is not LO:HI:N, e.g. 0.01:3:60 (GeV)") from None
    check_range(low, high, n)
    return low, high, n


def check_range(low: float, high: float, n: int) -> None:
    """Refuse an empty or unphysical range."""
    if not (0.0 < low < high < np.inf) or n < 2:
        message = f"empty mass range {low:g}:{high:g}:{n}: need 0 < LO < HI (GeV) and N of at least 2"
        raise MassRangeError(message)


def mass_grid(
    low: float, high: float, n: int, extra: Sequence[float] = (), *, refine: bool = True
) -> NDArray[np.float64]:
    """Masses to scan, increasing.

    Parameters
    ----------
    low, high : float
        GeV, both included.
    n : int
        Points of the base grid.
    extra : sequence of float
        Further nodes, e.g. of resonances; those outside the range are dropped.
    refine : bool
        Add these and the nodes at thresholds; otherwise the base grid is all.
    """
    check_range(low, high, n)
    base = np.geomspace(low, high, n)
    base[0], base[-1] = low, high
    if not refine:
        return base
    steps = np.array([0.97, 0.995, 1.005])
    near = np.concatenate([t * steps for t in THRESHOLDS])
    nodes = np.concatenate([base, near, np.asarray(extra, dtype=np.float64)])
    nodes = np.unique(nodes[(nodes >= low) & (nodes <= high)])
    # nodes closer than 0.2 % say the same thing, except across a resonance
    keep = [nodes[0]]
    for m in nodes[1:]:
        if m > keep[-1] * 1.0005:
            keep.append(m)
    return np.array(keep)


def closing_masses(masses: Sequence[float], inside: Sequence[bool]) -> list[float]:
    """Two masses in each gap where a region opens or closes."""
    new = []
    for low, high, a, b in zip(masses[:-1], masses[1:], inside[:-1], inside[1:], strict=True):
        if a != b and high > low * 1.002:
            new += [low * (high / low) ** (1.0 / 3.0), low * (high / low) ** (2.0 / 3.0)]
    return new
