r"""Photons behind measured lepton pairs for millicharged particles of every mass, made once.

With dN_ll/dq = 2 q F(q) S_l(q^2) a measured pair of mass q stands for a photon of weight

    F/q dq = dN_ll / [2 q^2 S_l(q^2)],        S of `darkbeam.models.millicharged`

and that photon makes weight 2 q^2 S_x(q^2) pairs of a particle x (`darkbeam.millicharged.pool`).  Masses are drawn half
from the measured spectrum, half evenly in ln q, so that heavy particles have photons as well; pT and y come from the
kinematic model.  The analytic part below the threshold of the data is added, if there is one.

Variations are weights on the same photons: rate up and down such that the pairs above any q move by their statistical
error; background; bootstrap members, of the spectrum and, for a flow and the bootstrap, of p(pT, y | q); transport.

Polarisation: each photon is longitudinal (a share f0 of them) or transverse, about its direction in the centre of mass
of the collision, and decays accordingly; ``dilepton-transverse`` drops the longitudinal ones.  `_LONGITUDINAL` limits
f0 so that there are transverse photons to do this with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.bootstrap import BootstrapModel
from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.pairs import TRANSVERSE
from darkbeam.dilepton.sample import lab_shift, lepton_mass
from darkbeam.dilepton.source import BACKGROUND, RATES
from darkbeam.facilities import get_facility
from darkbeam.production.pairs import VirtualPhotonPairs, pair_factor
from darkbeam.production.pairs_angles import mother_axis
from darkbeam.production.source import N_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.pairs import MeasuredPairs
    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.millicharged.pool import PhotonPool

    Array = NDArray[np.float64]

__all__ = ["measured_pool"]

_MOST = 3.0
"""Largest change of ln p of a member."""
_LONGITUDINAL = 0.99
"""Largest share of longitudinal photons."""


def _drawn(spectrum: MassSpectrum, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Masses (n,) and the lepton pairs per inelastic collision that each stands for."""
    low, high = spectrum.support
    start, span = float(spectrum.rank(low)), np.log(high / low)
    half = n // 2
    u, v = ((rng.permutation(k) + rng.random(k)) / k for k in (half, n - half))
    q = np.concatenate([spectrum.quantile(start + (1.0 - start) * u), low * np.exp(span * v)])
    q = rng.permutation(np.clip(q, low, high))
    cell = np.clip(np.searchsorted(spectrum.knots, q, side="right") - 1, 0, spectrum.content.size - 1)
    density = (spectrum.content / np.diff(spectrum.knots))[cell] / spectrum.total
    share = (half * density / (1.0 - start) + (n - half) / (q * span)) / n
    return q, spectrum.per_collision * density / share / n / spectrum.smeared(q)


def _relative(spectrum: MassSpectrum, q: Array) -> Array:
    """Relative shift at q (n,) that moves the number N of pairs above any q by its statistical error.

    The derivative of sqrt(N) is half of that of N over sqrt(N): half the relative error of N(q).
    """
    above = [np.concatenate([np.cumsum(x[::-1])[::-1], [0.0]]) for x in (spectrum.content, spectrum.square)]
    number, square = (np.interp(q, spectrum.knots, x) for x in above)
    return np.asarray(0.5 * np.sqrt(square) / np.maximum(number, np.sqrt(square)))


def _member(source: OffShellPhoton, spectrum: MassSpectrum, model: KinematicModel, columns: Array) -> Array:
    """Weights of a bootstrap member over the central ones: of the spectrum, and for a flow of pT and y."""
    q, pt, y = columns
    here = source.spectrum
    cell = np.clip(np.searchsorted(here.knots, q, side="right") - 1, 0, here.content.size - 1)
    ratio = (spectrum.content / np.maximum(here.content, 1e-300))[cell]
    ratio *= spectrum.per_collision / spectrum.total / (here.per_collision / here.total)
    if isinstance(model, FlowModel) and isinstance(source.model, FlowModel):
        change = model.log_density(q, pt, y) - source.model.log_density(q, pt, y)
        ratio = ratio * np.exp(np.clip(change, -_MOST, _MOST))
    return np.asarray(ratio)


def _measured(source: OffShellPhoton, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of the data; every variation is a weight on the same ones."""
    from darkbeam.millicharged.pool import PhotonPool  # it is above this package

    q, pairs = _drawn(source.spectrum, n, rng)
    weight = pairs / (2.0 * q * q * pair_factor(q, lepton_mass(source.spectrum.lepton), "dirac"))
    if isinstance(source.model, BootstrapModel):
        pt, y, row = source.model.drawn(q, rng)
        ratios = source.model.member_ratios(q, row)
    else:
        pt, y = source.model.sample(q, rng)
        ratios = np.ones((len(source.members), 1))
    variations = _rates(source, q, weight)
    columns = np.stack([q, pt, y])
    for (name, spectrum, model), ratio in zip(source.members, ratios, strict=False):
        variations[name] = weight * _member(source, spectrum, model, columns) * ratio
    beam = source.beam
    if source.transport is not None:
        pt, y, moved = source.transport.move(q, pt, y)
        variations = {k: w * moved["central"] for k, w in variations.items()}
        variations |= {k: weight * ratio for k, ratio in moved.items() if k != "central"}
        weight, beam = weight * moved["central"], source.transport.to
    pz = np.hypot(q, pt) * np.sinh(y)
    across = 1.0 - min(source.polarisation, _LONGITUDINAL)
    transverse = (rng.permutation(q.size) < across * q.size).astype(np.float64)
    variations[TRANSVERSE] = weight * transverse / np.mean(transverse)
    return PhotonPool(
        source.name, q, np.hypot(pt, pz), np.arctan2(pt, pz), weight, np.arange(q.size) % N_BLOCKS, variations,
        _helicity_axis(q, pt, pz, beam), transverse,
    )  # fmt: skip


def _rates(source: OffShellPhoton, q: Array, weight: Array) -> dict[str, Array]:
    """Weights with another rate or background."""
    relative = _relative(source.spectrum, q)
    found = {name: weight * (1.0 + sign * relative) for name, sign in RATES.items()}
    if source.spectrum.shift is not None:
        step = source.spectrum.background_ratio(q)
        found |= {k: weight * (1.0 + sign * step) for k, sign in BACKGROUND.items()}
    return found


def _helicity_axis(q: Array, pt: Array, pz: Array, beam: str) -> Array:
    """Direction of the centre of mass of the collision as the photons see it, shape (3, n), at azimuth 0."""
    shift = lab_shift(get_facility(beam))
    zero = np.zeros_like(q)
    photon = np.stack([np.sqrt(q * q + pt * pt + pz * pz), pt, zero, pz])
    centre = np.array([np.cosh(shift), 0.0, 0.0, np.sinh(shift)])[:, None]
    return mother_axis(photon, np.broadcast_to(centre, photon.shape), q)


def measured_pool(pairs: MeasuredPairs, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of a measured source.

    Parameters
    ----------
    pairs : MeasuredPairs
    n : int
        Photons wanted of the data, and as many of the analytic part.
    rng : Generator
    """
    from darkbeam.millicharged.pool import join_pools, photon_pool  # it is above this package

    found = [_measured(pairs.source, n, rng)]
    if pairs.source.below is not None:
        found.append(photon_pool(VirtualPhotonPairs(pairs.source.below, pairs.spin), n, rng))
    return join_pools(found)
