"""Straight lines in z, and their way through a dipole with its aperture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import TESLA_M_GEV

from .magnet import bend_along

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .layout import Magnet
    from .sections import Section

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Momentum = tuple[Floats, Floats, Floats]

__all__ = ["Line", "through"]

_STEPS = 8
"""Parts of a field at whose borders the aperture is asked, beside the turning point."""


@dataclass(frozen=True)
class Line:
    """Straight lines (x, y)(z) = (x0, y0) + (z - z0) (tx, ty), arrays of shape (m,), m."""

    x: Floats
    y: Floats
    z: Floats
    tx: Floats
    ty: Floats

    def at(self, z: Floats | float) -> tuple[Floats, Floats]:
        """Transverse position at ``z``, m."""
        drift = z - self.z
        return self.x + drift * self.tx, self.y + drift * self.ty

    def take(self, at: NDArray[np.int64]) -> Line:
        """Lines at the given positions."""
        return Line(self.x[at], self.y[at], self.z[at], self.tx[at], self.ty[at])


def through(line: Line, p: Momentum, charge: Floats, magnet: Magnet) -> tuple[Line, Momentum, Mask]:
    """Lines and momenta behind a field, and which tracks get there.

    A track whose vertex lies inside the field sees the rest of it; one from behind sees none and always gets there.
    """
    start = np.maximum(line.z, magnet.z_min)
    length = np.maximum(magnet.z_max - start, 0.0)
    x, y = line.at(start)
    bent = bend_along(magnet.axis, p, charge, magnet.field, length)
    after = Line(x + bent.dx, y + bent.dy, start + length, bent.px / bent.pz, bent.py / bent.pz)
    arrived = ~bent.lost
    if magnet.aperture is not None:
        arrived = arrived & magnet.aperture.contains(x, y) & magnet.aperture.contains(after.x, after.y)
        if magnet.followed:
            arrived &= _clear(magnet.aperture, (x, y), p, charge, magnet, length)
    return after, (bent.px, bent.py, bent.pz), arrived | (line.z >= magnet.z_max)


def _clear(
    aperture: Section,
    start: tuple[Floats, Floats],
    p: Momentum,
    charge: Floats,
    magnet: Magnet,
    length: Floats,
) -> Mask:
    """Whether the arcs stay inside the aperture between both ends of the field.

    Asked at the borders of equal parts and where the arc turns round (no momentum left across the field); that
    is exact for a rectangle.
    """
    clear = np.ones(len(length), dtype=np.bool_)
    for part in range(1, _STEPS):
        clear &= _inside(aperture, start, p, charge, magnet, length * (part / _STEPS))
    kick = (TESLA_M_GEV * magnet.field) * charge * (1.0 if magnet.axis == "y" else -1.0)
    across = p[0] if magnet.axis == "y" else p[1]
    turn = across / np.where(kick == 0.0, np.inf, kick)
    return clear & _inside(aperture, start, p, charge, magnet, np.clip(turn, 0.0, length))


def _inside(
    aperture: Section,
    start: tuple[Floats, Floats],
    p: Momentum,
    charge: Floats,
    magnet: Magnet,
    after: Floats,
) -> Mask:
    """Whether the arcs are inside the aperture ``after`` (m) along z in the field."""
    bent = bend_along(magnet.axis, p, charge, magnet.field, after)
    return aperture.contains(start[0] + bent.dx, start[1] + bent.dy)
