r"""Directions with the angular law a + b |e.n|^2 of a polarisation vector e, without rejection.

Every two-body and decay-plane law of a vector at rest has this form, n being the direction of a product or the
normal of the decay plane (real currents J: |e.J|^2 summed over the spins of the products):

    P P, normal of P P P    (e.n)^2                        a = 0, b = 1
    P gamma, V P            1 - (e.n)^2                    a = 1, b = -1
    f fbar                  1 - beta^2 (e.n)^2             a = 1, b = -beta^2
    p pbar                  |G_M|^2 (1 - (e.n)^2) + |G_E|^2 (e.n)^2/tau

With a density matrix rho the law is a + b n^T S n, S = Re rho: a mixture of the eigenvectors of S with its
eigenvalues as probabilities, since S has trace 1 and a + b x^2 has the same norm about every axis.  A complex
vector e = u + i v is the mixture of u/|u| and v/|v| with probabilities |u|^2 and |v|^2 in the same way.
The cosine x = e.n follows by inverting the cumulative laws,

    x^2: x = (2r - 1)^{1/3},   1 - x^2: x = 2 sin(arcsin(2r - 1)/3),   1: x = 2r - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["around", "cosine", "isotropic", "perpendicular", "polarisation_axes", "real_axes"]


def isotropic(n: int, rng: np.random.Generator) -> Floats:
    """Isotropic unit vectors, shape (3, n)."""
    z = 2.0 * rng.random(n) - 1.0
    phi = (2.0 * np.pi) * rng.random(n)
    rho = np.sqrt(1.0 - z * z)
    out = np.empty((3, n))
    np.multiply(rho, np.cos(phi), out=out[0])
    np.multiply(rho, np.sin(phi), out=out[1])
    out[2] = z
    return out


def polarisation_axes(density: NDArray[np.complex128] | None, n: int, rng: np.random.Generator) -> Floats:
    """Real polarisation vectors of a spin density matrix, shape (3, n); isotropic if None."""
    if density is None:
        return isotropic(n, rng)
    probability, vectors = np.linalg.eigh(np.real(density))
    cumulative = np.cumsum(np.maximum(probability, 0.0))
    choice = np.searchsorted(cumulative[:2], rng.random(n) * cumulative[-1], side="right")
    return np.asarray(vectors[:, choice])


def real_axes(polarisation: NDArray[np.complex128], rng: np.random.Generator) -> Floats:
    """Real unit vectors equivalent to complex polarisation vectors, both of shape (3, n)."""
    u, v = np.real(polarisation), np.imag(polarisation)
    u2, v2 = (u * u).sum(axis=0), (v * v).sum(axis=0)
    first = rng.random(u2.size) * (u2 + v2) < u2
    return np.asarray(np.where(first, u, v) / np.sqrt(np.where(first, u2, v2)))


def cosine(a: float | Floats, b: float | Floats, n: int, rng: np.random.Generator) -> Floats:
    """Cosines x with density proportional to a + b x^2, a >= 0 and a + b >= 0, shape (n,)."""
    y, pick = 2.0 * rng.random(n) - 1.0, rng.random(n)
    peaked = 3.0 * np.asarray(a) * pick < b * (1.0 - pick)  # share (b/3)/(a + b/3) if b > 0
    x = np.where(peaked, np.cbrt(y), y) if np.any(np.asarray(b) > 0.0) else y
    if np.any(np.asarray(b) < 0.0):
        flat = (np.asarray(a) + b) * (1.0 - pick) >= -2.0 / 3.0 * np.asarray(b) * pick
        x = np.where((np.asarray(b) >= 0.0) | flat, x, 2.0 * np.sin(np.arcsin(y) / 3.0))
    return np.asarray(x)


def perpendicular(axis: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors e1, e2 that make (e1, e2, axis) right-handed (Duff et al., JCGT 6 (2017) 1)."""
    x, y, z = axis
    sign = np.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    return np.stack([1.0 + sign * x * x * a, sign * b, -sign * x]), np.stack([b, sign + y * y * a, -y])


def around(axis: Floats, x: Floats, rng: np.random.Generator) -> Floats:
    """Unit vectors at cosine ``x`` to ``axis`` (3, n) with flat azimuth, shape (3, n)."""
    phi = (2.0 * np.pi) * rng.random(x.size)
    rho = np.sqrt(np.maximum(1.0 - x * x, 0.0))
    e1, e2 = perpendicular(axis)
    return np.asarray(x * axis + (rho * np.cos(phi)) * e1 + (rho * np.sin(phi)) * e2)
