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

__all__ = ["Leaf", "Segments", "Solid", "clip_half_space", "dot", "rays", "segments"]


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
    """A volume in the frame of the experiment: origin at the production point, z along the beam.

    The solids along z (`Box`, `Frustum`, `Cylinder`, `AnnularCylinder`, `Cone`) can be aimed at only if z_min > 0;
    anywhere else, or turned, they go into a `Placed`.
    """

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

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi a ray from (0, 0, 0) can need to hit (never too few)."""
        ...

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        ...

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the convex outlines that make up the solid, for drawing and for aiming."""
        ...


class Leaf(NamedTuple):
    """Convex outline of one simple piece of a solid.

    Attributes
    ----------
    points : array, shape (3, m)
        Points whose convex hull contains the piece (curved faces: circumscribed polygons), m.
    holes : tuple of arrays, shape (3, k)
        The same for what is cut out of it.
    """

    points: NDArray[np.float64]
    holes: tuple[NDArray[np.float64], ...] = ()


def rays(direction: ArrayLike, origin: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions as (3, n) and origins as (3, 1) or (3, n)."""
    d = np.asarray(direction, dtype=np.float64)
    o = np.asarray(origin, dtype=np.float64)
    return d, o[:, None] if o.ndim == 1 else o


def dot(a: ArrayLike, b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scalar product of a vector (3,) or vectors (3, n) with vectors (3, n), summed in a fixed order."""
    v = np.asarray(a, dtype=np.float64)
    return np.asarray(v[0] * b[0] + v[1] * b[1] + v[2] * b[2])


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
