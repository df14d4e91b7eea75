r"""From the photons of a source to the particles that cross the face of a detector.

The face is a rectangle at distance L that looks at the production point, its centre at polar angle theta_d.  Each
photon sends its particle to a random point (x, y) of the plane of the face (`emission`), drawn half evenly from the
face, half near the photon, with density g; a pair has two particles, so a photon stands for

    2 w_pairs dN/dOmega L/(L^2 + x^2 + y^2)^(3/2)/g(x, y)

crossings, none outside the face.  The azimuth of the photon, uniform in truth, is drawn from half a uniform and half a
Cauchy density around the detector, as wide as the emission cone, and weighed.  So a small or an off-axis detector costs
no more than a large one on the axis.

Matter and magnets (both depend on epsilon): the particle starts in the direction n - d and arrives from n, where d is
the displacement by scattering and by the field over L,

    scattering   Gaussian of width theta_0(p, epsilon) l,   l^2 = mean of ((L - s)/L)^2 over the matter
    field        0.3 B L_B epsilon/p (L - s)/L,             either sign for particle and antiparticle

s distance from the production point, with p found by iteration; the change of p across d is neglected (d small against
the emission cone).  The energy at the detector is that behind the matter; particles that stop do not count.  The
energy lost is not fed back into theta_0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.propagation import lose_energy, projected_angle, stopping_power

from .emission import emission, spin_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .card import McpExperiment
    from .pool import PhotonPool

    Array = NDArray[np.float64]

__all__ = ["Crossings", "cross"]

EVEN = 0.15
"""Share of the photons that is kept without regard to the detector."""
FIELD = 0.299792458
"""GeV per T m."""


@dataclass(frozen=True)
class Crossings:
    """Particles at the face of the detector.

    Attributes
    ----------
    energy : array, shape (n,)
        At the detector, GeV.
    slope : array, shape (n,)
        1/cos of the angle to the axis of the detector.
    weight : array, shape (n,)
        Particles per collision and epsilon^2.
    photon : array of int, shape (n,)
        Index of the photon in its pool.
    start, pair : arrays, shape (3, n)
        Momenta of the particle where it is made and of its pair, GeV; the detector is at azimuth 0.
    point : array, shape (3, n)
        Where the particle crosses the face, m from the production point.
    positive : array of bool, shape (n,)
        Whether it is the particle and not the antiparticle.
    """

    energy: Array
    slope: Array
    weight: Array
    photon: NDArray[np.int64]
    start: Array
    pair: Array
    point: Array
    positive: NDArray[np.bool_]


def cross(
    pool: PhotonPool,
    experiment: McpExperiment,
    mass: float,
    spin: str,
    rng: np.random.Generator,
    epsilon: float = 0.0,
    n: int = 2000,
) -> Crossings:
    """Crossings of the face.

    Parameters
    ----------
    pool : PhotonPool
    experiment : McpExperiment
    mass : float
        Of the particle, GeV.
    spin : {"dirac", "scalar"}
    rng : Generator
        The same state at every mass and epsilon gives smooth curves.
    epsilon : float
        For matter and magnets only; 0 leaves them out.
    n : int
        Photons that are followed, chosen by how many particles they send about the detector.
    """
    used, pairs = _choose(pool, experiment, mass, spin, n, rng)
    q = pool.q[used]
    u = rng.random((6, len(used)))
    z = rng.standard_normal((2, len(used)))
    photon, phi, share = _photons(experiment, pool.momentum[used], pool.theta[used], q, u[3:5])
    direction, omega, slope = _aim(experiment, photon, _cone(q, pool.momentum[used], mass), u[:3])
    p, density = emission(q, photon, mass, direction)
    shifted = [direction, direction]
    if epsilon > 0.0 and experiment.bends:
        for _ in range(2):
            shifted = [_shift(experiment, mass, epsilon, direction, row, z, u[5]) for row in p]
            found = [emission(q, photon, mass, n) for n in shifted]
            p, density = (np.stack([f[k][i] for i, f in enumerate(found)]) for k in (0, 1))
    if pool.axis is not None:
        x, y, along = pool.axis[:, used]
        axis = np.stack([x * np.cos(phi) - y * np.sin(phi), x * np.sin(phi) + y * np.cos(phi), along])
        density = density * spin_factor(q, photon, mass, direction, p, axis, spin)
    weight = 2.0 * pairs * share * omega * density
    index = np.broadcast_to(used, weight.shape)
    root, column = np.nonzero(weight > 0.0)
    energy = np.sqrt(p[root, column] ** 2 + mass * mass)
    if epsilon > 0.0 and experiment.shielding:
        energy = _behind(experiment, mass, epsilon, energy)
    alive = np.isfinite(energy)
    root, column, energy = root[alive], column[alive], energy[alive]
    start = p[root, column] * np.stack(shifted)[root, :, column].T
    point = direction[:, column] * (experiment.distance * slope[column])
    return Crossings(
        energy, slope[column], weight[root, column], index[root, column], start, photon[:, column], point,
        u[5, column] < 0.5,
    )  # fmt: skip


def _choose(
    pool: PhotonPool, experiment: McpExperiment, mass: float, spin: str, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Array]:
    """About ``n`` photons and the pairs that each stands for then; expectations are unchanged.

    The chance of a photon goes with its pairs times the height of its cone of emission where the detector is; a small
    part of the photons is kept by its pairs alone.
    """
    start = np.flatnonzero(pool.q > 2.0 * mass)
    q, pairs = pool.q[start], pool.pairs(mass, spin, start)
    width = _cone(q, pool.momentum[start], mass)
    half = 0.5 * max(experiment.face) / experiment.distance
    gap = np.maximum(np.abs(pool.theta[start] - experiment.angle) - half, 0.0)
    value = pairs / ((width**2 + half**2) * np.square(1.0 + np.square(gap / width)))
    total, other = np.sum(value), np.sum(pairs)
    if not (total > 0.0 and other > 0.0):
        return start[:0], pairs[:0]
    chance = np.minimum(n * ((1.0 - EVEN) / total * value + EVEN / other * pairs), 1.0)
    comb = np.floor(np.concatenate([[0.0], np.cumsum(chance)]) + rng.random())
    kept = np.diff(comb) > 0.0
    return start[kept], pairs[kept] / chance[kept]


def _cone(q: Array, momentum: Array, mass: float) -> Array:
    """Width of the cone of emission about the photon, rad: 1/u, narrower for particles that are slow in the pair."""
    slow = np.minimum(np.sqrt(np.maximum((0.5 * q / mass) ** 2 - 1.0, 1e-6)), 1.0)
    return np.asarray(slow * np.minimum(q / np.maximum(momentum, 1e-300), 1.0))


def _behind(experiment: McpExperiment, mass: float, epsilon: float, energy: Array) -> Array:
    """Energies behind the matter; NaN for particles that stop."""
    layers = [(s.material, s.thickness) for s in experiment.shielding]
    # no particle loses less than one at the minimum of ionisation: most that stop need no steps
    trial = mass * np.geomspace(1.2, 1e5, 60)
    least = sum(t * float(np.min(stopping_power(trial, mass, material))) for material, t in layers)
    chance = energy - mass > epsilon**2 * least
    left = np.full_like(energy, np.nan)
    left[chance] = lose_energy(energy[chance], mass, epsilon, layers)
    return left


def _photons(
    experiment: McpExperiment, momentum: Array, theta: Array, q: Array, u: Array
) -> tuple[Array, Array, Array]:
    """Momenta (3, n) of photons around the detector at azimuth 0, their azimuths, and the weights of these."""
    # the cone, or the face if that is larger, seen from the beam; at small angles every azimuth serves
    cone = np.minimum(q / np.maximum(momentum, 1e-300), 1.0) + max(experiment.face) / experiment.distance
    width = np.clip(cone / np.sqrt(np.maximum(np.sin(theta) * np.sin(experiment.angle), 1e-12)), 1e-3, 10.0)
    edge = np.arctan(np.pi / width)
    phi = np.where(u[0] < 0.5, np.pi * (2.0 * u[1] - 1.0), width * np.tan(edge * (2.0 * u[1] - 1.0)))
    cauchy = width / (2.0 * edge * (width**2 + phi**2))
    share = (0.5 / np.pi) / (0.25 / np.pi + 0.5 * cauchy)
    across = momentum * np.sin(theta)
    photon = np.stack([across * np.cos(phi), across * np.sin(phi), momentum * np.cos(theta)])
    return photon, phi, share


def _aim(experiment: McpExperiment, photon: Array, cone: Array, u: Array) -> tuple[Array, Array, Array]:
    """Directions (3, n) to points of the face, the solid angle that each stands for, and 1/cos to the axis."""
    L, (width, height) = experiment.distance, experiment.face
    sin, cos = np.sin(experiment.angle), np.cos(experiment.angle)
    momentum = np.maximum(np.sqrt(np.sum(photon * photon, axis=0)), 1e-300)
    along = (photon[0] * sin + photon[2] * cos) / momentum
    ahead = along > 0.1
    to_plane = L / (momentum * np.where(ahead, along, 1.0))
    x_0, y_0 = (photon[0] * cos - photon[2] * sin) * to_plane, photon[1] * to_plane
    # half of the points lie evenly on the face, half near the photon, as wide as the emission cone
    scale = L * np.maximum(cone, 1e-9)
    near = ahead & (u[0] < 0.5)
    rho = scale * np.sqrt(u[1] / np.maximum(1.0 - u[1], 1e-12))
    x = np.where(near, x_0 + rho * np.cos(2.0 * np.pi * u[2]), width * (u[1] - 0.5))
    y = np.where(near, y_0 + rho * np.sin(2.0 * np.pi * u[2]), height * (u[2] - 0.5))
    inside = (np.abs(x) <= 0.5 * width) & (np.abs(y) <= 0.5 * height)
    around = scale**2 / (np.pi * (scale**2 + (x - x_0) ** 2 + (y - y_0) ** 2) ** 2)
    even = 1.0 / (width * height)
    density = np.where(ahead, 0.5 * (even + around), even)
    r = np.sqrt(x * x + y * y + L * L)
    omega = np.where(inside, L / r**3 / density, 0.0)
    return np.stack([x * cos + L * sin, y, L * cos - x * sin]) / r, omega, r / L


def _shift(
    experiment: McpExperiment, mass: float, epsilon: float, direction: Array, p: Array, z: Array, sign: Array
) -> Array:
    """Start directions of particles that arrive along ``direction``."""
    p = np.maximum(p, 1e-3 * mass)
    energy = np.sqrt(p * p + mass * mass)
    width2 = np.zeros_like(p)
    for s in experiment.shielding:
        theta_0 = projected_angle(energy, mass, epsilon, [(s.material, s.thickness)])
        width2 += (theta_0 * s.lever(experiment.distance)) ** 2
    a, b = np.sqrt(width2) * z
    magnet = experiment.magnet
    if magnet is not None:
        kick = FIELD * magnet.field_integral * epsilon / p * (1.0 - magnet.position / experiment.distance)
        a = a + np.where(sign < 0.5, kick, -kick)
    across = np.stack([direction[2], np.zeros_like(p), -direction[0]])
    across /= np.maximum(np.sqrt(np.sum(across * across, axis=0)), 1e-300)
    start = direction - np.tan(np.clip(a, -1.5, 1.5)) * across
    start[1] -= np.tan(np.clip(b, -1.5, 1.5))
    return np.asarray(start / np.sqrt(np.sum(start * start, axis=0)))
