"""Decays at rest: channels by branching ratio, products down to what reaches a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError

from .channels import SAMPLERS
from .choice import child_streams, stratified_choice
from .pool import Pool
from .products import Products
from .secondary import decay_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

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

    def other_fractions(self, mass: float) -> dict[str, float]:
        """Shares of the exclusive channels inside "other"."""
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


def _sample_channel(
    pool: Pool, model: DecayModel, name: str, mass: float,
    events: NDArray[np.int64], rng: np.random.Generator,
) -> None:  # fmt: skip
    """Add the primary products of one channel; "other" is shared among its exclusive channels."""
    if name != "other":
        pool.merge(SAMPLERS[name](mass, events, rng))
        return
    fractions = model.other_fractions(mass)
    choice = stratified_choice(list(fractions.values()), len(events), rng)
    for k, exclusive in enumerate(fractions):
        chosen = events[choice == k]
        if len(chosen):
            pool.merge(SAMPLERS[exclusive](mass, chosen, rng))


def sample_rest(
    model: DecayModel,
    mass: float,
    n: int,
    rng: np.random.Generator,
    channels: Sequence[str] | None = None,
) -> Products:
    """Sample ``n`` decays at rest.

    Channel numbers follow the branching ratios to within one decay and come in random order; orientations are
    isotropic; pi0, K_S, eta, eta', omega, phi and tau decay at the vertex.  Every channel has its own random
    stream: the same ``rng`` state gives nearly the same decays at neighbouring masses.

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

    Returns
    -------
    Products
        ``names`` are the model's channels; unit weights.
    """
    weights = _weights(model, mass, channels)
    choice = stratified_choice(weights, n, rng)
    *streams, secondary = child_streams(rng, len(model.channels) + 1)
    pool = Pool()
    for k, (name, channel_rng) in enumerate(zip(model.channels, streams, strict=True)):
        events = np.flatnonzero(choice == k) if weights[k] > 0.0 else choice[:0]
        if len(events):
            _sample_channel(pool, model, name, mass, events, channel_rng)
    pdg, p4 = decay_all(pool, secondary).pack(n)
    return Products(choice, tuple(model.channels), pdg, p4, np.ones(n))
