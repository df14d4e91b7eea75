r"""`reach_light_dark_matter`: couplings that a search would exclude, against the mass of the dark matter.

    N(epsilon) = epsilon^4 C K = threshold        (`darkbeam.light_dark_matter.simulate`)

so that the contour is one power of K for every variation.  There is no upper edge below epsilon = 1: the dark matter
neither decays nor stops.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.batch import collect, open_executor
from darkbeam.cache import result_of_card
from darkbeam.constants import ALPHA, M_OMEGA, M_PHI, W_OMEGA, W_PHI
from darkbeam.millicharged import notes
from darkbeam.millicharged.assemble import short_names
from darkbeam.production.quarkonium import QUARKONIA
from darkbeam.production.source import block_error

from .prepare import DarkMatterOptions, prepare
from .result import DarkMatterReach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .card import DarkMatterSearch
    from .simulate import Rate, Simulation

    Array = NDArray[np.float64]

__all__ = ["DarkMatterOptions", "prepare", "reach_light_dark_matter"]

VISIBLE = 0.1
"""Share of visible decays of the A' above which a note warns."""


def reach_light_dark_matter(
    search: str | Path | DarkMatterSearch,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    statistics: Mapping[str, Any] | None = None,
    workers: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    options: DarkMatterOptions | None = None,
    **choices: Any,  # fields of DarkMatterOptions
) -> DarkMatterReach:
    """Compute the reach of a search for light dark matter.

    Parameters
    ----------
    search : str, path or DarkMatterSearch
        Name (`darkbeam.light_dark_matter.card.search_names`), a TOML card, or an object.
    pot, lumi_fb : float, optional
        Exposure instead of the card's.
    events : float, optional
        Expected events that make the contour instead of the card's.
    statistics : mapping, optional
        Fields of `darkbeam.statistics.Counting` that replace those of the card, e.g. ``{"background": 100.0}``.
    workers : int
        Processes; the result does not depend on it.
    cache : bool
        Use and fill the cache of results.
    progress : callable, optional
        Called with (masses done, all masses).
    options : DarkMatterOptions, optional
        All other choices at once; or by name, e.g. ``alpha_d=0.5``, ``masses=(0.001, 1.0, 40)``.

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.

    Examples
    --------
    >>> r = reach_light_dark_matter("BEBC", masses=(0.01, 0.1, 2), sources=("meson:eta",), photons=4000, cache=False)
    >>> bool(r.y[0] < r.y[1])
    True
    """
    chosen = replace(options or DarkMatterOptions(), **choices)
    simulation, card = prepare(search, chosen, pot=pot, lumi_fb=lumi_fb, events=events, statistics=statistics)

    def compute() -> DarkMatterReach:
        start = time.perf_counter()
        masses = _masses(chosen)
        with open_executor(_Work(simulation), min(workers, len(masses))) as executor:
            rates = collect(executor, masses, progress)
        return _assemble(masses, rates, simulation, card, time.perf_counter() - start)

    return result_of_card(card, DarkMatterReach, compute, cache=cache)


def _masses(options: DarkMatterOptions) -> list[float]:
    """Even masses, and those with m_A' on and beside a vector meson that the range holds."""
    low, high, n = options.masses
    mesons = [(M_OMEGA, W_OMEGA), (M_PHI, W_PHI), *((v.mass, v.width) for v in QUARKONIA.values())]
    near = [
        (M + x * max(width, options.model.width(M / options.ratio))) / options.ratio
        for M, width in mesons
        for x in (-3.0, -1.0, 0.0, 1.0, 3.0)
    ]
    return sorted({*np.geomspace(low, high, n).tolist(), *(m for m in near if low < m < high)})


@dataclass(frozen=True)
class _Work:
    """What a process does with one mass."""

    simulation: Simulation

    def __call__(self, mass: float) -> Rate:
        return self.simulation.rate(mass)


def _assemble(
    masses: Sequence[float],
    rates: Sequence[Rate],
    simulation: Simulation,
    card: dict[str, Any],
    seconds: float,
) -> DarkMatterReach:
    """Couplings, errors, band, shares."""
    place, sources = simulation.search.place, simulation.sources
    rows = np.array([r.rows for r in rates])
    epsilon = np.power(place.n_events / np.maximum(rows, 1e-300), 0.25)
    seen = epsilon[:, 0] < 1.0
    epsilon = np.where(seen[:, None], epsilon, np.nan)
    central = np.maximum(rows[:, 0], 1e-300)
    blocks = np.array([r.blocks for r in rates])
    spread = block_error(blocks) / central
    shares = np.array([r.sources for r in rates]) / central[:, None]
    names = short_names(sources, simulation.variations)
    return DarkMatterReach(
        experiment=place.name, model=simulation.model, sources=tuple(s.name for s in sources),
        threshold=place.n_events, masses_GeV=np.array(masses), epsilon=epsilon[:, 0],
        error=np.where(seen, 0.25 * spread, np.nan),
        near_pole=np.where(seen, [r.near for r in rates], np.nan),
        band={name: epsilon[:, 1 + k] for k, name in enumerate(names)},
        shares={s.name: np.where(seen, shares[:, k], np.nan) for k, s in enumerate(sources)},
        notes=(*notes.by_mass(_remarks(masses, epsilon[:, 0], simulation)), *notes.unverified(place.unverified)),
        card=card, seconds=seconds,
    )  # fmt: skip


def _remarks(
    masses: Sequence[float], epsilon: Array, simulation: Simulation
) -> Iterator[tuple[float, list[str]]]:
    """Mass and remarks: of the sources, and what limits the result there."""
    model = simulation.model
    for mass, eps in zip(masses, epsilon.tolist(), strict=True):
        texts = notes.of_sources(simulation.sources, mass)
        if mass >= simulation.limit:
            texts.append(f"no source makes pairs above {simulation.limit:.4g} GeV")
        elif not eps < 1.0:
            texts.append("no coupling below 1 gives enough events")
        elif model.width(mass) == 0.0:
            texts.append("the A' is lighter than two dark-matter particles: pairs off the mass shell only")
        elif eps**2 * ALPHA * model.mediator(mass) / 3.0 > VISIBLE * model.width(mass):
            texts.append("visible decays of the A', which are neglected, are not rare")
        yield mass, texts
