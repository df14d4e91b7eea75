"""Decays at rest: channels by branching ratio, products down to what reaches a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError

from .channels import SAMPLERS
from .choice import child_streams, stratified_choice
from .imported import HADRONS, is_hadronic
from .pool import Pool
from .products import Products
from .secondary import decay_all
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from .setting import DecaySetting

__all__ = ["DecayModel", "sample_rest"]


class DecayModel(Protocol):
    """What the sampling needs to know about a model."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the decay channels."""
        ...

    def branching(self, mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Branching ratios by channel name."""
        ...


def _weights(model: DecayModel, mass: float, channels: Sequence[str] | None) -> NDArray[np.float64]:
    """Branching ratios of all channels of the model, zero for those not asked for."""
    branching = model.branching(mass)
    wanted = model.channels if channels is None else channels
    for name in wanted:
        if name not in branching:
            raise UnknownNameError("decay channel", name, model.channels)
    weights = np.array([float(branching[name]) if name in wanted else 0.0 for name in model.channels])
    if weights.sum() <= 0.0:
        raise ValueRangeError(f"none of the channels {', '.join(wanted)} is open at {mass:g} GeV.")
    return weights


def sample_rest(
    model: DecayModel,
    mass: float,
    n: int,
    rng: np.random.Generator,
    channels: Sequence[str] | None = None,
    setting: DecaySetting = DEFAULT_SETTING,
    *,
    stable: frozenset[int] = frozenset(),
    history: bool = False,
) -> Products:
    """Sample ``n`` decays at rest.

    Channel numbers follow the branching ratios to within one decay and come in random order; orientations are
    isotropic unless ``setting.density`` says otherwise; everything decays at the vertex down to e, mu, pi+-, K+-,
    K_L, photons, p, n and neutrinos.  Every channel has its own random stream: the same ``rng`` state gives
    nearly the same decays at neighbouring masses.

    Parameters
    ----------
    model : DecayModel
        For example `darkbeam.models.dark_photon.DarkPhoton`.
    mass : float
        GeV.
    n : int
        Number of decays.
    rng : numpy.random.Generator
    channels : sequence of str, optional
        Restrict to these channels, with their relative branching ratios.
    setting : DecaySetting, optional
        Weighted or not, couplings, polarisation, imported hadrons.
    stable : frozenset of int, optional
        Absolute PDG ids that are not decayed either, for example ``{310}`` for K_S.
    history : bool, optional
        Keep the intermediate particles (see `Products.mother`).

    Returns
    -------
    Products
        ``names`` are the model's channels (with imported hadrons, also "hadrons", the channel of their decays);
        unit weights unless ``setting.weighted``.
    """
    weights = _weights(model, mass, channels)
    choice = stratified_choice(weights, n, rng)
    *streams, secondary = child_streams(rng, len(model.channels) + 1)
    names = tuple(model.channels)
    pool = Pool(history=history)
    if setting.hadrons is not None:
        names, choice = _one_hadronic_channel(model, mass, weights, choice)
        events = np.flatnonzero(choice == len(names) - 1)
        if len(events):
            pool.merge(setting.hadrons(mass, events, streams[-1], setting))
    for k, (name, channel_rng) in enumerate(zip(model.channels, streams, strict=True)):
        events = np.flatnonzero(choice == k) if weights[k] > 0.0 else choice[:0]
        if not len(events):
            continue
        if name not in SAMPLERS:
            raise ValueRangeError(f"the channel {name} has no final state to sample; leave it out.")
        pool.merge(SAMPLERS[name](mass, events, channel_rng, setting))
    decay_all(pool, secondary, stable)
    if history:
        record = pool.pack_history(n)
        return Products(
            choice, names, record.pdg, record.p4, pool.event_weights(n), record.mother, record.status
        )
    pdg, p4 = pool.pack(n)
    return Products(choice, names, pdg, p4, pool.event_weights(n))


def _one_hadronic_channel(
    model: DecayModel, mass: float, weights: NDArray[np.float64], choice: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names with "hadrons" added, and the choice with all hadronic channels sent there."""
    branching = model.branching(mass)
    hadronic = np.array([is_hadronic(name) for name in model.channels])
    for name, w, h in zip(model.channels, weights, hadronic, strict=True):
        if h and w == 0.0 < float(branching[name]) and weights[hadronic].sum() > 0.0:
            raise ValueRangeError(
                f"imported decays stand for all hadronic channels together: {name!r} cannot be left out."
            )
    return (*model.channels, HADRONS), np.where(hadronic[choice], len(model.channels), choice)
