"""Acceptance and efficiency of a sample of lepton pairs: weights 1/efficiency, with a floor.

Below the floor (5 % by default) a weight would be larger than 20 and stand for what was not measured: such pairs are
refused, or dropped, and then their region is not covered by the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.card import DileptonCard
    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]

__all__ = ["Efficiency", "EfficiencyTable", "Unfolded", "efficiency_of", "unfold"]


class Efficiency(Protocol):
    """Efficiency as a function of mass, pT (GeV) and lab rapidity, shape (n,)."""

    def __call__(self, mass: Array, pt: Array, y: Array, /) -> Array:
        """Return the efficiency of each pair."""
        ...


@dataclass(frozen=True)
class EfficiencyTable:
    """Efficiency interpolated linearly on a regular grid; 0 outside of it.

    Attributes
    ----------
    axes : tuple of arrays
        Masses, pT (GeV), lab rapidities.
    values : array, shape (n_mass, n_pt, n_y)
    """

    axes: tuple[Array, Array, Array]
    values: Array

    def __call__(self, mass: Array, pt: Array, y: Array, /) -> Array:
        """Return the efficiency of each pair, shape (n,)."""
        from scipy.interpolate import RegularGridInterpolator

        table = RegularGridInterpolator(self.axes, self.values, bounds_error=False, fill_value=0.0)
        return np.asarray(table(np.stack([mass, pt, y], axis=1)))

    @classmethod
    def from_csv(cls, path: str | Path) -> EfficiencyTable:
        """Read columns mass, pt, y, efficiency (header line) that form a regular grid.

        Raises
        ------
        ValueRangeError
        """
        path = Path(path)
        try:
            table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
        except (OSError, ValueError) as error:
            why = "no such file" if not path.is_file() else " ".join(str(error).split())
            raise ValueRangeError(f"efficiency {path.name}: {why}") from None
        if table.shape[1] != 4:
            raise ValueRangeError(
                f"efficiency {path.name}: {table.shape[1]} columns, not mass, pt, y, efficiency"
            )
        axes = [np.unique(table[:, k]) for k in range(3)]
        shape = tuple(a.size for a in axes)
        if table.shape[0] != np.prod(shape) or min(shape) < 2:
            raise ValueRangeError(
                f"efficiency {path.name}: {table.shape[0]} rows are not a grid of "
                f"{' x '.join(map(str, shape))} with at least 2 points on each axis"
            )
        values = np.empty(shape)
        place = tuple(np.searchsorted(a, table[:, k]) for k, a in enumerate(axes))
        values[place] = table[:, 3]
        if np.any((values < 0.0) | (values > 1.0)):
            raise ValueRangeError(f"efficiency {path.name}: values outside 0 to 1")
        return cls((axes[0], axes[1], axes[2]), values)


@dataclass(frozen=True)
class Unfolded:
    """Corrected sample and what was lost.

    Attributes
    ----------
    sample : DileptonSample
    dropped : int
        Pairs below the floor.
    share : float
        Their share of the weight before correction.
    """

    sample: DileptonSample
    dropped: int
    share: float


def unfold(
    sample: DileptonSample, efficiency: Efficiency, floor: float = 0.05, below_floor: str = "refuse"
) -> Unfolded:
    """Divide the weights by the efficiency.

    Parameters
    ----------
    sample : DileptonSample
    efficiency : Efficiency
    floor : float
    below_floor : {"refuse", "drop"}

    Raises
    ------
    ValueRangeError
        Pairs below the floor, or efficiencies that are not between 0 and 1; the message counts them.
    """
    value = efficiency(sample.mass, sample.pt, sample.y)
    wrong = ~((value >= 0.0) & (value <= 1.0))
    if np.any(wrong):
        raise ValueRangeError(f"the efficiency of {int(wrong.sum())} pairs is not between 0 and 1")
    low = value < floor
    share = float(np.sum(sample.weight[low]) / np.sum(sample.weight))
    if np.any(low) and (below_floor == "refuse" or np.all(low)):
        raise ValueRangeError(
            f"{int(low.sum())} of {len(sample)} pairs ({100 * share:.3g} % of the weight) have an efficiency below "
            f'the floor of {floor:g}; restrict the windows, or drop them with below_floor = "drop"'
        )
    kept = sample.select(~low)
    return Unfolded(kept.reweighted(kept.weight / value[~low]), int(low.sum()), share)


def efficiency_of(card: DileptonCard) -> Efficiency:
    """Efficiency that a card names."""
    if card.efficiency_table:
        return EfficiencyTable.from_csv(card.efficiency_table)
    return lambda mass, _pt, _y: np.full(mass.shape, card.efficiency_constant)
