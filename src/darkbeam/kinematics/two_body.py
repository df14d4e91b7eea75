r"""Two-body kinematics: M -> m1 m2.

    p* = sqrt(lambda(M^2, m1^2, m2^2)) / (2 M),   lambda(a,b,c) = a^2 + b^2 + c^2 - 2(ab + ac + bc)

written as a product of sums and differences, which stays accurate at threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["breakup_momentum", "kallen", "two_body_rest"]


def kallen(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> NDArray[np.float64]:
    """Källén triangle function of three squared masses, GeV^4."""
    x, y, z = (np.asarray(v, dtype=np.float64) for v in (a, b, c))
    return np.asarray(x * x + y * y + z * z - 2.0 * (x * y + x * z + y * z))


def breakup_momentum(mass: ArrayLike, m1: ArrayLike, m2: ArrayLike) -> NDArray[np.float64]:
    """Momentum of the products in the rest frame of ``mass`` (GeV); zero below threshold.

    Examples
    --------
    >>> float(breakup_momentum(1.0, 0.0, 0.0))
    0.5
    """
    m, a, b = (np.asarray(v, dtype=np.float64) for v in (mass, m1, m2))
    product = (m - a - b) * (m + a + b) * (m - a + b) * (m + a - b)
    return np.asarray(np.where(m > a + b, np.sqrt(np.maximum(product, 0.0)) / (2.0 * m), 0.0))


def two_body_rest(
    mass: ArrayLike, m1: ArrayLike, m2: ArrayLike, cos_theta: NDArray[np.float64], phi: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Momenta of the two products in the parent's rest frame.

    Parameters
    ----------
    mass, m1, m2 : float or arrays
        Parent and product masses, GeV.
    cos_theta, phi : arrays, shape (n,)
        Direction of the first product.

    Returns
    -------
    p1, p2 : arrays, shape (4, n)
    """
    p = breakup_momentum(mass, m1, m2) * np.ones_like(cos_theta)
    sin_theta = np.sqrt(np.maximum(1.0 - cos_theta * cos_theta, 0.0))
    k = np.stack([p * sin_theta * np.cos(phi), p * sin_theta * np.sin(phi), p * cos_theta])
    e1 = np.sqrt(p * p + np.square(m1))
    e2 = np.sqrt(p * p + np.square(m2))
    return np.concatenate([e1[None], k]), np.concatenate([e2[None], -k])
