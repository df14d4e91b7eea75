r"""Momenta put on a given total mass by one common factor.

    sum_i sqrt(lambda^2 p_i^2 + m_i^2) = M

p_i momenta that sum to zero, m_i masses (GeV), M the rest mass of the decay (GeV), above sum m_i.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["close"]

_NEWTON = 40
_TINY = 1e-30
"""Energy, GeV, below which a massless particle at rest is not divided by."""


def close(p: Floats, mass_squared: Floats, start: Ints, total: Floats) -> Floats:
    """Factor lambda of each decay that makes the energies sum to the total.

    Parameters
    ----------
    p : array, shape (3, F)
        Momenta of all particles, decay after decay, GeV.
    mass_squared : array, shape (F,)
        GeV^2.
    start : array of int, shape (n,)
        First particle of each decay.
    total : array, shape (n,)
        Rest mass, GeV; above the sum of the particles' masses.
    """
    p_squared = np.einsum("if,if->f", p, p)
    counts = np.diff(start, append=len(p_squared))
    # lambda^2: the energy sum is concave in it, so Newton never overshoots from below
    square = np.ones(len(start))
    for _ in range(_NEWTON):
        energy = np.sqrt(mass_squared + np.repeat(square, counts) * p_squared)
        excess = np.add.reduceat(energy, start) - total
        slope = 0.5 * np.add.reduceat(p_squared / np.maximum(energy, _TINY), start)
        square = np.maximum(square - excess / slope, 1e-3 * square)
        if np.abs(excess).max() < 1e-13 * total.max():
            break
    return np.sqrt(square)
