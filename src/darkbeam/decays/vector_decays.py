r"""Decays of vector mesons with their matrix elements: rho, omega, K*, phi, with or without polarisation.

In the rest frame of the vector with polarisation e (|e| = 1), n: direction of a product or normal of the plane,

    P P                (e.n)^2
    P gamma            1 - (e.n)^2
    pi+ pi- pi0        (e.n)^2 |p+ x p-|^2 |BW_P(s+0; rho) + BW_P(s-0; rho) + BW_P(s+-; rho)|^2

(rho dominance of omega and phi -> 3 pi: the terms H(rho) of arXiv:hep-ph/0512180).  The two-body decays take the
mass from the four-momentum, so a line shape is possible; a vector that decays to three pions must be on its mass
shell.  Branching ratios: `darkbeam.decays.polarised_vectors`.  GeV.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI, M_PI0
from darkbeam.hadrons.propagators import bw_p_wave
from darkbeam.hadrons.three_pion import RHO
from darkbeam.kinematics import boost_from_rest, breakup_momentum, mass_squared

from .angular import around, cosine, isotropic, real_axes
from .dalitz_sampling import DalitzGrid, dalitz_grid, sample_planes
from .particles import mass_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["decay_to"]


def decay_to(
    ids: tuple[int, ...],
    parent: Floats,
    polarisation: NDArray[np.complex128] | Floats | None,
    rng: np.random.Generator,
) -> Floats:
    """Momenta of vector mesons that all decay to ``ids``.

    Parameters
    ----------
    ids : tuple of int
        Two pseudoscalars, a pseudoscalar and a photon, or (211, -211, 111).
    parent : array, shape (4, n)
        Momenta (E, px, py, pz) of the vectors, GeV.
    polarisation : array, shape (4, n), optional
        Real or complex polarisation four-vectors e in the frame of ``parent``, e.parent = 0 (any norm);
        unpolarised if None.
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (len(ids), 4, n)
        GeV, frame of ``parent``.
    """
    n = parent.shape[1]
    mass = np.sqrt(mass_squared(parent))
    axis = None if polarisation is None else _rest_axes(parent, mass, polarisation, rng)
    if len(ids) == 2:
        rest = _two_body(ids, mass, axis, rng)
    else:
        if n == 0:
            return np.empty((3, 4, 0))
        grid = _three_pions(float(np.round(mass[0], 6)))
        mass = np.asarray(grid.mass)

        def normals(part: slice) -> Floats | None:
            if axis is None:
                return None
            return around(axis[:, part], cosine(0.0, 1.0, part.stop - part.start, rng), rng)

        rest = sample_planes(grid, n, normals, rng)
    return np.stack([boost_from_rest(p, parent, mass) for p in rest])


def _rest_axes(
    parent: Floats, mass: Floats, polarisation: NDArray[np.complex128] | Floats, rng: np.random.Generator
) -> Floats:
    """Real polarisation axes in the rest frame of the vectors, shape (3, n)."""
    backwards = np.concatenate([parent[:1], -parent[1:]])
    real = boost_from_rest(np.real(polarisation), backwards, mass)[1:]
    if not np.iscomplexobj(polarisation):
        return np.asarray(real / np.sqrt((real * real).sum(axis=0)))
    return real_axes(real + 1j * boost_from_rest(np.imag(polarisation), backwards, mass)[1:], rng)


def _two_body(ids: tuple[int, ...], mass: Floats, axis: Floats | None, rng: np.random.Generator) -> Floats:
    """Products at rest of P P or P gamma decays, shape (2, 4, n)."""
    n, m1, m2 = mass.size, mass_of(ids[0]), mass_of(ids[1])
    if axis is None:
        direction = isotropic(n, rng)
    else:
        a, b = (1.0, -1.0) if 22 in ids else (0.0, 1.0)
        direction = around(axis, cosine(a, b, n, rng), rng)
    p = breakup_momentum(mass, m1, m2)
    out = np.empty((2, 4, n))
    out[0, 0], out[1, 0] = np.sqrt(p * p + m1 * m1), np.sqrt(p * p + m2 * m2)
    out[0, 1:] = p * direction
    np.negative(out[0, 1:], out=out[1, 1:])
    return out


@lru_cache(maxsize=8)
def _three_pions(mass: float) -> DalitzGrid:
    """Prepared vector -> pi+ pi- pi0."""

    def F(s12: Floats, s13: Floats, s23: Floats) -> NDArray[np.complex128]:
        charged = bw_p_wave(s13, *RHO, M_PI, M_PI0) + bw_p_wave(s23, *RHO, M_PI, M_PI0)
        return np.asarray(charged + bw_p_wave(s12, *RHO, M_PI, M_PI))

    return dalitz_grid(F, mass, (M_PI, M_PI, M_PI0), RHO)
