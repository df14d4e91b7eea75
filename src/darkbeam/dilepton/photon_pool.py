r"""Photons behind measured lepton pairs for millicharged particles of every mass, made once.

With dN_ll/dq = 2 q F(q) S_l(q^2) a measured pair of mass q stands for a photon of weight

    F/q dq = dN_ll / [2 q^2 S_l(q^2)],        S of `darkbeam.models.millicharged`

and that photon makes weight 2 q^2 S_x(q^2) pairs of a particle x (`darkbeam.millicharged.pool`).  Masses are drawn half
from the measured spectrum, half evenly in ln q, so that heavy particles have photons as well; pT and y come from the
kinematic model.  The analytic part below the threshold of the data is added, if there is one.

Variations are weights on the same photons: rate up and down such that the pairs above any q move by their statistical
error; bootstrap members, of the spectrum and, for a flow, of p(pT, y | q); transport.  The pool does not carry the
polarisation of the photons: decays are isotropic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.sample import lepton_mass
from darkbeam.dilepton.source import RATES
from darkbeam.production.pairs import VirtualPhotonPairs, pair_factor
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
    return q, spectrum.per_collision * density / share / n


def _relative(spectrum: MassSpectrum, q: Array) -> Array:
    """Relative shift at q (n,) that moves the number N of pairs above any q by its statistical error.

    The derivative of sqrt(N) is half of that of N over sqrt(N): half the relative error of N(q).
    """
    above = [np.concatenate([np.cumsum(x[::-1])[::-1], [0.0]]) for x in (spectrum.content, spectrum.square)]
    number, square = (np.interp(q, spectrum.knots, x) for x in above)
    return np.asarray(0.5 * np.sqrt(square) / np.maximum(number, np.sqrt(square)))


def _member(source: OffShellPhoton, spectrum: MassSpectrum, model: KinematicModel, columns: Array) -> Array:
    """Weights of a bootstrap member over the central ones: of the spectrum, and of a flow also of pT and y."""
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
    pt, y = source.model.sample(q, rng)
    weight = pairs / (2.0 * q * q * pair_factor(q, lepton_mass(source.spectrum.lepton), "dirac"))
    relative = _relative(source.spectrum, q)
    variations = {name: weight * (1.0 + sign * relative) for name, sign in RATES.items()}
    columns = np.stack([q, pt, y])
    variations |= {k: weight * _member(source, s, m, columns) for k, s, m in source.members}
    if source.transport is not None:
        pt, y, ratios = source.transport.move(q, pt, y)
        variations = {k: w * ratios["central"] for k, w in variations.items()}
        variations |= {k: weight * ratio for k, ratio in ratios.items() if k != "central"}
        weight = weight * ratios["central"]
    pz = np.hypot(q, pt) * np.sinh(y)
    block = np.arange(q.size) % N_BLOCKS
    return PhotonPool(source.name, q, np.hypot(pt, pz), np.arctan2(pt, pz), weight, block, variations)


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
