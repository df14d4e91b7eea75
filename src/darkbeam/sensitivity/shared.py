"""What several experiments have in common at one mass: fluxes and decays at rest, made once.

A flux depends on source, mass, number of points, seed and chunk; decays at rest on model, mass, seed, number and the
channels that count.  Neither depends on the experiment, so experiments of one facility that are computed
together share them, and the result is the same, bit by bit, as when each is computed alone.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.decays import DecaySetting, sample_rest
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from darkbeam.decays import Products
    from darkbeam.production import Flux, Source
    from darkbeam.sensitivity.setup import Setup

__all__ = ["Shared"]

LIMIT = 2**28
"""Bytes of fluxes and decays that are kept; beyond it the one that was not used for longest is dropped."""


@dataclass(frozen=True)
class _Known:
    """What the sampling of decays asks a model for, at a mass where it is known."""

    channels: tuple[str, ...]
    ratios: Mapping[str, float]

    def branching(self, mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Branching ratios by channel name."""
        return {name: np.full(np.shape(mass), b) for name, b in self.ratios.items()}


class Shared:
    """Store for the calculations at one mass.

    Parameters
    ----------
    limit : int
        Bytes to keep.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int, object]] = OrderedDict()

    def flux(self, source: Source, mass: float, n: int, seed: int, chunk: int) -> Flux:
        """About ``n`` points of a source; ``chunk`` selects the random stream."""

        def make() -> tuple[Flux, int]:
            flux = source.flux(mass, n, stream(seed, f"flux/{source.name}", chunk))
            arrays = [
                flux.energy,
                flux.theta,
                flux.weight,
                flux.block,
                flux.mother,
                *flux.variations.values(),
            ]
            return flux, sum(a.nbytes for a in arrays)

        # the entry holds the source, so that its identity is not given to another one
        flux: Flux = self._once(("flux", id(source), mass, n, seed, chunk), make, source)
        return flux

    def decays(self, setup: Setup, mass: float, channels: Sequence[str]) -> Products:
        """Weighted decays at rest into some channels."""

        def make() -> tuple[Products, int]:
            # the order of the channels is random, so that it is not correlated with the order of the draws
            charges = setup.model.charges_at(mass)
            setting = DecaySetting(
                charges.couplings,
                weighted=True,
                hadrons=setup.hadrons,
                quarks={"c": charges.c, "b": charges.b},
            )
            rng = stream(setup.seed, "decays")
            known = _Known(setup.model.channels, setup.branching(mass))
            products = sample_rest(known, mass, setup.n_decays, rng, list(channels), setting)
            return products, products.p4.nbytes + products.pdg.nbytes

        key = ("decays", setup.model, mass, setup.n_decays, setup.seed, tuple(channels), id(setup.hadrons))
        products: Products = self._once(key, make, setup.hadrons)
        return products

    def _once(self, key: Hashable, make: Callable[[], tuple[Any, int]], owner: object) -> Any:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        made, size = make()
        self._kept[key] = (made, size, owner)
        self._bytes += size
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        return made
