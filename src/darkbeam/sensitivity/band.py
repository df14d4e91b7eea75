"""The contour of one variation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Band"]


@dataclass(frozen=True)
class Band:
    """Contour of one named variation.

    Attributes
    ----------
    epsilon_lower, epsilon_upper : arrays
        Edges at each mass, NaN where there is no region.
    max_mass_GeV : float or None
    islands : list
        Connected regions, each a list of [mass, lower, upper] ending in its tips.
    """

    epsilon_lower: NDArray[np.float64]
    epsilon_upper: NDArray[np.float64]
    max_mass_GeV: float | None
    islands: list[list[list[float]]]
