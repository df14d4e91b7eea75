r"""What a solid is, and the clipping of rays that all solids share.

A ray is r(t) = o + t d, t >= 0, with d a unit vector, so that t is a distance in metres.  A half space
n.r <= c bounds it by

    t <= (c - n.o) / (n.d)   if n.d > 0,        t >= (c - n.o) / (n.d)   if n.d < 0

and leaves it alone or removes it if n.d = 0.  The last case needs no branch: IEEE arithmetic gives
+-inf with the right sign when the sign bit of n.d decides which bound it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Segments", "Solid", "clip_half_space", "rays", "segments"]


class Segments(NamedTuple):
    """Pieces of rays inside a solid.

    Attributes
    ----------
    enter, exit : arrays, shape (k, n)
        Distances from the origin of the ray, m; both 0 where there is no k-th piece.
    """

    enter: NDArray[np.float64]
    exit: NDArray[np.float64]

    @property
    def length(self) -> NDArray[np.float64]:
        """Path length inside the solid, all pieces together, shape (n,), m."""
        return np.asarray(np.sum(self.exit - self.enter, axis=0))


@runtime_checkable
class Solid(Protocol):
    """A volume along the beam axis z, with z_min > 0 downstream of the production point at the origin."""

    @property
    def z_min(self) -> float:
        """Upstream end, m."""
        ...

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        ...

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        ...

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces of the rays inside; ``direction`` (3, n) unit, ``origin`` (3,) or (3, n)."""
        ...

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside (surface included)."""
        ...

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle of the solid seen from (0, 0, 0), rad."""
        ...

    def shadow_support(self, psi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return max over the solid of (x cos psi + y sin psi) / z: its outline seen from (0, 0, 0)."""
        ...


def rays(direction: ArrayLike, origin: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions as (3, n) and origins as (3, 1) or (3, n)."""
    d = np.asarray(direction, dtype=np.float64)
    o = np.asarray(origin, dtype=np.float64)
    return d, o[:, None] if o.ndim == 1 else o


def clip_half_space(
    numerator: NDArray[np.float64],
    slope: NDArray[np.float64],
    enter: NDArray[np.float64],
    leave: NDArray[np.float64],
) -> None:
    """Clip [enter, leave] in place by one half space: numerator = c - n.o, slope = n.d (module docstring).

    A ray in the surface (0/0) counts as inside: fmin and fmax drop the NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = numerator / slope
    entering = np.signbit(slope)
    np.fmax(enter, t, out=enter, where=entering)
    np.fmin(leave, t, out=leave, where=~entering)


def segments(*pieces: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Segments:
    """Forward parts of the pieces (enter, leave); empty ones become 0, 0."""
    enter = np.maximum([piece[0] for piece in pieces], 0.0)
    leave = np.array([piece[1] for piece in pieces])
    hit = leave > enter
    return Segments(np.where(hit, enter, 0.0), np.where(hit, leave, 0.0))
