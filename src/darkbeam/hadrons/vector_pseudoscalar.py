r"""Kinematics shared by e+e- -> V P and P gamma.

With the current J^mu = F eps^{mu nu alpha beta} eps*_nu p_alpha q_beta,

    R = p^3 |F|^2 / m,

p: break-up momentum (GeV), F: transition form factor (1/GeV), m: mass (GeV).  Follows from
Gamma = alpha p^3 |F|^2/3 and Gamma_0 = alpha m/3 (arXiv:2201.01788).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import breakup_momentum

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ratio_from_form_factor"]


def ratio_from_form_factor(
    mass: ArrayLike,
    m1: float,
    m2: float,
    form_factor: Callable[[NDArray[np.float64]], NDArray[np.complex128]],
) -> NDArray[np.float64]:
    """R at masses in GeV from F(s); zero below m1 + m2."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    out = np.zeros_like(m)
    up = m > m1 + m2
    p = breakup_momentum(m[up], m1, m2)
    out[up] = p**3 * np.abs(form_factor(m[up] ** 2)) ** 2 / m[up]
    return out
