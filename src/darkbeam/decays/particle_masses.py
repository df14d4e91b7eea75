"""Masses that go with momenta.

A small mass cannot be read back from the momentum of a fast particle: E² - p² of an electron of 100 GeV is lost in
rounding.  So particles without a width take the mass of the table, and the others (and unknown ones) that of their
momentum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import mass_squared

from .particles import MASS, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["masses_of"]

_FIXED = np.array(sorted(set(MASS) - set(WIDTH)))
_VALUES = np.array([MASS[i] for i in _FIXED.tolist()])


def masses_of(pdg: NDArray[np.int64], p4: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mass of each particle.

    Parameters
    ----------
    pdg : array of int, any shape
    p4 : array, shape (4, ...)
        (E, px, py, pz), GeV.

    Returns
    -------
    array
        GeV, shape of ``pdg``.

    Examples
    --------
    >>> masses_of(np.array([11, 22]), np.array([[5.0, 3.0], [0.0, 0.0], [0.0, 0.0], [5.0, 3.0]])).round(6)
    array([0.000511, 0.      ])
    """
    ids = np.abs(pdg)
    at = np.minimum(np.searchsorted(_FIXED, ids), len(_FIXED) - 1)
    own = np.sqrt(np.maximum(mass_squared(p4), 0.0))
    return np.asarray(np.where(_FIXED[at] == ids, _VALUES[at], own))
