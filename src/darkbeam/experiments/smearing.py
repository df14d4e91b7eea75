r"""Finite resolution of momentum and direction, as an option.

    sigma_p / p = a (+) b p,    theta_1, theta_2 ~ N(0, sigma_angle)

in quadrature, p in GeV; theta_1 and theta_2 turn the momentum along two directions perpendicular to it.  The mass of
the product is kept.  Only what is measured is smeared (thresholds, sums, masses, angles, impact parameter): the
product itself flies, and crosses the planes, with its true momentum.  A momentum that would become negative is
measured as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Smearing"]


@dataclass(frozen=True)
class Smearing:
    """Resolution: ``constant`` a, ``slope`` b (1/GeV), ``angle`` (rad)."""

    constant: float = 0.0
    slope: float = 0.0
    angle: float = 0.0

    def apply(self, p4: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Measured momenta (4, ...) of the true ones (4, ...), GeV."""
        p2 = p4[1] ** 2 + p4[2] ** 2 + p4[3] ** 2
        p = np.sqrt(p2)
        scale, first, second = rng.standard_normal((3, *p.shape))
        measured = p * np.maximum(1.0 + np.hypot(self.constant, self.slope * p) * scale, 0.0)
        direction = p4[1:] / np.where(p > 0.0, p, 1.0)
        e1, e2 = _across(direction)
        turned = direction + np.tan(self.angle * first) * e1 + np.tan(self.angle * second) * e2
        turned /= np.sqrt(np.maximum((turned**2).sum(axis=0), np.finfo(float).tiny))
        mass2 = np.maximum(p4[0] ** 2 - p2, 0.0)
        return np.concatenate([np.sqrt(measured**2 + mass2)[None], measured * turned])


def _across(direction: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors (3, ...) perpendicular to each direction and to each other.

    From the sign of z, without a special direction (Duff et al., J. Comput. Graph. Tech. 6 (2017) 1).
    """
    x, y, z = direction
    sign = np.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    return np.stack([1.0 + sign * x * x * a, sign * b, -sign * x]), np.stack([b, sign + y * y * a, -y])
