r"""From the photons of a source to the particles that cross the face of a detector.

The face is a rectangle at distance L that looks at the production point, its centre at polar angle theta_d.  Each
photon sends its particle to a random point (x, y) of the plane of the face with density g, a mixture of: points even on
the face, points near the photon, and points to which the photon decays isotropically.  The last part keeps weights
finite where `emission` is not, at the edge of its cone.  A pair has two particles, so a photon stands for

    2 w_pairs dN/dOmega L/(L^2 + x^2 + y^2)^(3/2)/g(x, y)

crossings, none outside the face.  The azimuth of the photon, uniform in truth, is drawn from half a uniform and half a
Cauchy density around the detector, as wide as the emission cone, and weighed.  So a small or an off-axis detector costs
no more than a large one on the axis.

Matter and magnets (both depend on epsilon): the particle starts in the direction s and arrives from n = s + d, where d
is the displacement by scattering and by the field over L,

    scattering   Gaussian of width theta_0(p, epsilon) l,   l^2 = mean of ((L - s)/L)^2 over the matter
    field        0.3 B L_B epsilon/p (L - s)/L,             either sign for particle and antiparticle

(here s is the distance from the production point).  Points on the face are values of n, and s is found by iteration;
other points are values of s.  The density g is that of s, for points on the face with the Jacobian

    |dn/ds| = |1 + dd/ds|          (d keeps its direction)

The energy lost is not fed back into d.  The energy at the detector is that behind the matter; particles that stop, or
are slower than beta gamma = 0.1, do not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import boost_from_rest
from darkbeam.propagation import lose_energy
from darkbeam.propagation.energy_loss import BETA_GAMMA_MIN

from .candidates import Candidates, Chosen, cone
from .emission import emission, spin_factor
from .matter import displacement, material_layers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .card import McpExperiment
    from .pool import PhotonPool

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Crossings", "cross", "follow"]

EVEN_POINTS, NEAR_POINTS = 0.3, 0.3
"""Shares of the points that are even on the face, and near the photon."""
ROUNDS, CLOSE = 5, 0.02
"""Steps in which the start is found for points of the face, and how far from it they may end, in widths of the
emission."""


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
        Index of the photon, in its pool or among those chosen.
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
    total: float | None = None,
) -> Crossings:
    """Crossings of the face by particles of one source.

    Parameters
    ----------
    pool : PhotonPool
    experiment : McpExperiment
    mass : float
        Of the particle, GeV.
    spin : {"dirac", "scalar"}
    rng : Generator
    epsilon : float
        For matter and magnets only; 0 leaves them out.
    n : int
        Photons that are followed, chosen by how many particles they send about the detector.
    total : float, optional
        Pairs of the source, to which the weights of the photons are normalised.
    """
    candidates = Candidates.of(pool, experiment, mass, spin, total)
    index, pairs = candidates.choose(n, candidates.value(experiment, mass, epsilon), rng)
    found = follow(Chosen.of(pool, index, pairs), experiment, mass, spin, rng, epsilon)
    return replace(found, photon=index[found.photon])


def follow(
    chosen: Chosen,
    experiment: McpExperiment,
    mass: float,
    spin: str,
    rng: np.random.Generator,
    epsilon: float = 0.0,
) -> Crossings:
    """Crossings of the face by particles of chosen photons; parameters as for `cross`.

    The same state of ``rng`` at every mass and epsilon gives smooth curves.
    """
    q, momentum = chosen.q, chosen.momentum
    u = rng.random((6, len(q)))
    z = rng.standard_normal((2, len(q)))
    photon, phi, share = _photons(experiment, momentum, chosen.theta, q, u[3:5])
    aim = _Aim.of(experiment, photon, q, cone(q, momentum, mass), mass, u[:3])
    if epsilon > 0.0 and experiment.bends:
        paths = [_bent(experiment, mass, epsilon, q, photon, aim, z, u[5], root) for root in (0, 1)]
    else:
        paths = [_Path(aim.direction, aim.direction, *emission(q, photon, mass, aim.direction), 1.0)] * 2
    starts = [path.start for path in paths]
    p, density = (np.stack([getattr(path, k)[i] for i, path in enumerate(paths)]) for k in ("p", "density"))
    omega, points, slope = (np.stack(rows) for rows in zip(*map(aim.weigh, paths), strict=True))
    spins = np.flatnonzero(np.isfinite(chosen.axis[0]))
    if len(spins):
        (x, y, along), turn = chosen.axis[:, spins], phi[spins]
        axis = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn), along])
        for i, start in enumerate(starts):
            density[i, spins] *= spin_factor(
                q[spins], photon[:, spins], mass, start[:, spins], p[i : i + 1, spins], axis, spin,
                chosen.transverse[spins],
            )[0]  # fmt: skip
    weight = 2.0 * chosen.pairs * share * omega * density
    root, column = np.nonzero(weight > 0.0)
    energy = np.sqrt(p[root, column] ** 2 + mass * mass)
    if epsilon > 0.0:
        energy = lose_energy(energy, mass, epsilon, material_layers(experiment))
    slowest = mass * np.sqrt(1.0 + BETA_GAMMA_MIN**2)
    alive = np.nan_to_num(energy) > slowest
    root, column, energy = root[alive], column[alive], energy[alive]
    start = p[root, column] * np.stack(starts)[root, :, column].T
    return Crossings(
        energy, slope[root, column], weight[root, column], column, start, photon[:, column],
        points[root, :, column].T,
        u[5, column] < 0.5,
    )  # fmt: skip


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


@dataclass(frozen=True)
class _Path:
    """Particles from their start to the face.

    Attributes
    ----------
    start, arrival : arrays, shape (3, n)
        Directions.
    p, density : arrays, shape (2, n)
        As `emission` has them along ``start``.
    jacobian : array, shape (n,), or float
        Change of the arrival over that of the start, as areas.
    """

    start: Array
    arrival: Array
    p: Array
    density: Array
    jacobian: Array | float


def _bent(
    experiment: McpExperiment, mass: float, epsilon: float, q: Array, photon: Array, aim: _Aim, z: Array, sign: Array,
    root: int,
) -> _Path:  # fmt: skip
    """Paths through matter and magnet for one solution of `emission`."""
    close = CLOSE * aim.scale / experiment.distance
    axis = photon / np.maximum(np.sqrt(np.sum(photon * photon, axis=0)), 1e-300)

    def shift(direction: Array, rows: Rows) -> Array:
        p, _ = emission(q[rows], photon[:, rows], mass, direction)
        return displacement(experiment, mass, epsilon, p[root], z[:, rows], sign[rows])

    def start_of(arrival: Array, rows: Rows) -> Array:
        start: Array = axis[:, rows]
        for _ in range(ROUNDS):
            start = _turned(arrival, -shift(start, rows))
        return start

    start, rows = aim.direction.copy(), np.flatnonzero(aim.fixed)
    start[:, rows] = start_of(aim.direction[:, rows], rows)
    p, density = emission(q, photon, mass, start)
    d = displacement(experiment, mass, epsilon, p[root], z, sign)
    arrival = _turned(start, d)
    missed = aim.fixed & (_apart(arrival, aim.direction) > close)
    density = np.where(missed, 0.0, density)
    # points of the face are a source of those starts only that the iteration finds
    jacobian = np.zeros_like(q)
    rows = np.flatnonzero(aim.inside(arrival) & (density[root] > 0.0))
    if len(rows):
        back = start_of(arrival[:, rows], rows)
        found = _apart(back, start[:, rows]) < 2.0 * close[rows]
        size, h = np.maximum(np.hypot(*d[:, rows]), 1e-12), close[rows]
        slope = (np.hypot(*shift(_turned(start[:, rows], h * d[:, rows] / size), rows)) - size) / h
        jacobian[rows] = np.where(found, np.clip(np.abs(1.0 + slope), 0.0, 100.0), 0.0)
    return _Path(start, arrival, p, density, jacobian)


def _apart(a: Array, b: Array) -> Array:
    """Angle between directions (3, n) that are close, rad."""
    return np.asarray(np.sqrt(np.sum(np.square(a - b), axis=0)))


@dataclass(frozen=True)
class _Aim:
    """Directions that are tried, and the densities from which they come.

    Attributes
    ----------
    experiment : McpExperiment
    direction : array, shape (3, n)
        Where the particles arrive from (``fixed``: a point of the face) or where they start.
    fixed, ahead : arrays of bool, shape (n,)
        ``ahead``: the photon flies towards the plane of the face.
    centre : array, shape (2, n)
        Where the photon meets that plane, m.
    scale : array, shape (n,)
        Width of the emission there, m.
    """

    experiment: McpExperiment
    direction: Array
    fixed: NDArray[np.bool_]
    ahead: NDArray[np.bool_]
    centre: Array
    scale: Array

    @classmethod
    def of(
        cls, experiment: McpExperiment, photon: Array, q: Array, cone: Array, mass: float, u: Array
    ) -> _Aim:
        """Draw them, with the random numbers ``u``, shape (3, n)."""
        L, (width, height) = experiment.distance, experiment.face
        x_0, y_0, ahead = _on_plane(experiment, photon)
        scale = L * np.maximum(cone, 1e-9)
        fixed = u[0] < np.where(ahead, EVEN_POINTS, 0.5)
        near = ahead & ~fixed & (u[0] < EVEN_POINTS + NEAR_POINTS)
        rho = scale * np.sqrt(u[1] / np.maximum(1.0 - u[1], 1e-12))
        turn = 2.0 * np.pi * u[2]
        x = np.where(near, x_0 + rho * np.cos(turn), width * (u[1] - 0.5))
        y = np.where(near, y_0 + rho * np.sin(turn), height * (u[2] - 0.5))
        sin, cos = np.sin(experiment.angle), np.cos(experiment.angle)
        direction = np.stack([x * cos + L * sin, y, L * cos - x * sin])
        decays = ~fixed & ~near
        k = np.sqrt(np.maximum((0.5 * q - mass) * (0.5 * q + mass), 0.0))
        c, s = 2.0 * u[1] - 1.0, 2.0 * np.sqrt(u[1] * (1.0 - u[1]))
        rest = np.stack([0.5 * q, k * s * np.cos(turn), k * s * np.sin(turn), k * c])
        pair = np.concatenate([np.sqrt(np.sum(photon * photon, axis=0) + q * q)[None], photon])
        direction = np.where(decays, boost_from_rest(rest, pair, q)[1:], direction)
        direction /= np.maximum(np.sqrt(np.sum(direction * direction, axis=0)), 1e-300)
        return cls(experiment, direction, fixed, ahead, np.stack([x_0, y_0]), scale)

    def inside(self, arrival: Array) -> NDArray[np.bool_]:
        """Which directions (3, n) lead to the face."""
        x, y, hits = _on_plane(self.experiment, arrival)
        width, height = self.experiment.face
        return hits & (np.abs(x) <= 0.5 * width) & (np.abs(y) <= 0.5 * height)

    def weigh(self, path: _Path) -> tuple[Array, Array, Array]:
        """Solid angle that each particle stands for, its point on the face, m, and 1/cos to the axis."""
        start, arrival, total = path.start, path.arrival, np.sum(path.density, axis=0)
        L, (width, height) = self.experiment.distance, self.experiment.face
        x, y, _ = _on_plane(self.experiment, arrival)
        inside = self.inside(arrival)
        x_s, y_s, leaves = _on_plane(self.experiment, start)
        solid = L / (x_s * x_s + y_s * y_s + L * L) ** 1.5
        gap2 = (x_s - self.centre[0]) ** 2 + (y_s - self.centre[1]) ** 2
        around = self.scale**2 / (np.pi * (self.scale**2 + gap2) ** 2)
        even = np.where(inside, path.jacobian / (width * height), 0.0)
        decay = total * solid
        g = np.where(
            self.ahead,
            EVEN_POINTS * even + NEAR_POINTS * around + (1.0 - EVEN_POINTS - NEAR_POINTS) * decay,
            0.5 * even + 0.5 * decay,
        )
        r = np.sqrt(x * x + y * y + L * L)
        used = inside & leaves & (g > 0.0)
        return np.where(used, solid / np.where(used, g, 1.0), 0.0), arrival * r, r / L


def _on_plane(experiment: McpExperiment, vector: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Where lines along vectors (3, n) meet the plane of the face, m, and whether they do so ahead."""
    sin, cos = np.sin(experiment.angle), np.cos(experiment.angle)
    along = vector[0] * sin + vector[2] * cos
    ahead = along > 0.1 * np.sqrt(np.sum(vector * vector, axis=0))
    scale = experiment.distance / np.where(ahead, along, 1.0)
    return (vector[0] * cos - vector[2] * sin) * scale, vector[1] * scale, ahead


def _turned(direction: Array, shift: Array) -> Array:
    """Directions (3, n) moved by small angles: to the side, in the plane of the beam, and up."""
    across = np.stack([direction[2], np.zeros_like(direction[2]), -direction[0]])
    across /= np.maximum(np.sqrt(np.sum(across * across, axis=0)), 1e-300)
    moved = direction + shift[0] * across
    moved[1] += shift[1]
    return np.asarray(moved / np.sqrt(np.sum(moved * moved, axis=0)))
