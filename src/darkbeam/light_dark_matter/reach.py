r"""`reach_light_dark_matter`: couplings that a search would exclude, against the mass of the dark matter.

    N(epsilon) = epsilon^4 C K = threshold        (`darkbeam.light_dark_matter.simulate`)

so that the contour is one power of K for every variation.  There is no upper edge below epsilon = 1: the dark matter
neither decays nor stops.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import darkbeam
from darkbeam import cache as store
from darkbeam.constants import ALPHA, M_OMEGA, M_PHI, W_OMEGA, W_PHI
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models.light_dark_matter import LightDarkMatter
from darkbeam.output import dump_json
from darkbeam.production.exposure import collisions
from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.masses import check_range

from .card import DarkMatterSearch, load_dark_matter_search
from .result import DarkMatterReach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .simulate import Rate, Simulation

    Array = NDArray[np.float64]

__all__ = ["DarkMatterOptions", "prepare", "reach_light_dark_matter"]

VISIBLE = 0.1
"""Share of visible decays of the A' above which a note warns."""


@dataclass(frozen=True)
class DarkMatterOptions:
    """What a user can choose beside the search.

    Attributes
    ----------
    spin : {"scalar", "dirac"}
    alpha_d, ratio : float
        alpha_D, and m_A'/m_chi.
    sources : tuple of str, optional
        Names of sources or groups; all of the facility by default.
    brem, form_factors, normalisation, overlap, nuclear : str, optional
        As for `darkbeam.production.assembly.choose_sources`.
    masses : (float, float, int)
        Range (GeV) and number of masses of chi, even in ln m; masses with m_A' at a vector meson are added.
    seed : int
    photons : int
        Photons of each source, see `darkbeam.light_dark_matter.simulate.Simulation`.
    """

    spin: str = "scalar"
    alpha_d: float = 0.1
    ratio: float = 3.0
    sources: tuple[str, ...] | None = None
    brem: str | None = None
    form_factors: str | None = None
    normalisation: str | None = None
    overlap: str | None = None
    nuclear: str | None = None
    masses: tuple[float, float, int] = (0.001, 1.0, 40)
    seed: int = 1
    photons: int = 40000

    @property
    def model(self) -> LightDarkMatter:
        """Dark matter of these choices."""
        return LightDarkMatter(self.spin, self.alpha_d, self.ratio)

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UnknownNameError, ValueRangeError, MassRangeError
        """
        check_range(*self.masses)
        self.model.check(self.masses[0])
        if self.seed < 0:
            raise ValueRangeError(f"--seed {self.seed} is negative; give 0 or more")
        if self.photons < 1000:
            raise ValueRangeError(f"photons = {self.photons} is too few; give 1000 or more")


def prepare(
    search: str | Path | DarkMatterSearch,
    options: DarkMatterOptions,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> tuple[Simulation, dict[str, Any]]:
    """Simulation, and the card that defines the result.

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.
    """
    from darkbeam.production.assembly import choose_sources  # slow to import
    from darkbeam.production.pairs import of_sources

    from .simulate import Simulation

    options.check()
    chosen = search if isinstance(search, DarkMatterSearch) else load_dark_matter_search(search)
    chosen = _changed(chosen, pot, lumi_fb, events, statistics or {})
    place = chosen.place
    facility = get_facility(place.facility)
    choice = choose_sources(
        facility, options.sources, brem=options.brem, form_factors=options.form_factors,
        normalisation=options.normalisation, overlap=options.overlap, nuclear=options.nuclear,
    )  # fmt: skip
    sources = tuple(of_sources(choice.sources, options.spin))
    exposure = collisions(facility, place.pot, place.lumi_fb)
    simulation = Simulation(chosen, sources, options.model, exposure, options.seed, options.photons)
    if options.masses[0] >= simulation.limit:
        raise MassRangeError(
            f"no source at {facility.name} makes pairs of {options.masses[0]:g} GeV or more; the limit is "
            f"{simulation.limit:.4g} GeV"
        )
    return simulation, _card(simulation, options, {**choice.settings, "overlap": choice.overlap})


def _card(simulation: Simulation, options: DarkMatterOptions, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that defines the result."""
    place = simulation.search.place
    unit = {"pot": place.pot} if place.pot is not None else {"lumi_fb": place.lumi_fb}
    return {
        "darkbeam": darkbeam.__version__,
        "model": {"name": options.model.name, **asdict(options.model)},
        "experiment": {**place.card, "exposure": unit, "statistics": {"n_events_threshold": place.n_events}},
        "facility": asdict(get_facility(place.facility)),
        "collisions": simulation.collisions,
        "sources": [s.name for s in simulation.sources],
        "choices": choices,
        "options": {f.name: _plain(getattr(options, f.name)) for f in fields(options)},
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _changed(
    search: DarkMatterSearch, pot: float | None, lumi_fb: float | None, events: float | None,
    statistics: Mapping[str, Any],
) -> DarkMatterSearch:  # fmt: skip
    """Search with another exposure or threshold."""
    counting = search.counting
    if events is not None and statistics:
        raise ValueRangeError("a number of events fixes the contour; give it, or statistics")
    if statistics:
        from darkbeam.statistics import Counting  # imports scipy

        counting = replace(counting or Counting(), **statistics)
        events = counting.upper_limit()
    return replace(search, place=search.place.exposed(pot, lumi_fb).asking_for(events), counting=counting)


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
    key = store.card_hash(card)
    if cache and (entry := store.lookup(key)) is not None and (entry / "contour.json").is_file():
        return DarkMatterReach.load(entry / "contour.json")
    start = time.perf_counter()
    rates = _scan(simulation, _masses(chosen), workers, progress)
    result = _assemble(rates, simulation, card, time.perf_counter() - start)
    if cache:
        text = dump_json(result.to_dict())
        store.store(key, lambda folder: _write(folder, text))
        return DarkMatterReach.from_dict(json.loads(text))
    return result


def _write(folder: Path, text: str) -> None:
    (folder / "contour.json").write_text(text, encoding="utf-8")


def _masses(options: DarkMatterOptions) -> list[float]:
    """Even masses, and those with m_A' on and beside a vector meson that the range holds."""
    from darkbeam.production.quarkonium import QUARKONIA

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

    def __call__(self, mass: float) -> tuple[float, Rate]:
        return mass, self.simulation.rate(mass)


def _scan(
    simulation: Simulation,
    masses: Sequence[float],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[tuple[float, Rate]]:
    from darkbeam.batch import open_executor

    found = []
    with open_executor(_Work(simulation), min(workers, len(masses))) as executor:
        for result in executor.map(masses):
            found.append(result)
            if progress is not None:
                progress(len(found), len(masses))
    return found


def _assemble(
    rates: Sequence[tuple[float, Rate]], simulation: Simulation, card: dict[str, Any], seconds: float
) -> DarkMatterReach:
    """Couplings, errors, band, shares."""
    from darkbeam.production import variation_labels

    place = simulation.search.place
    masses = np.array([m for m, _ in rates])
    rows = np.array([r.rows for _, r in rates])
    epsilon = np.power(place.n_events / np.maximum(rows, 1e-300), 0.25)
    seen = epsilon[:, 0] < 1.0
    epsilon = np.where(seen[:, None], epsilon, np.nan)
    central = np.maximum(rows[:, 0], 1e-300)
    blocks = np.array([r.blocks for _, r in rates])
    spread = np.sqrt(N_BLOCKS * np.var(blocks, axis=1, ddof=1)) / central
    shares = np.array([r.sources for _, r in rates]) / central[:, None]
    labels = {full: short for short, full in variation_labels(simulation.sources).items()}  # type: ignore[arg-type]
    return DarkMatterReach(
        place.name, simulation.model, tuple(s.name for s in simulation.sources), place.n_events, masses, epsilon[:, 0],
        np.where(seen, 0.25 * spread, np.nan), np.where(seen, [r.near for _, r in rates], np.nan),
        {labels.get(v, v): epsilon[:, 1 + k] for k, v in enumerate(simulation.variations)},
        {s.name: np.where(seen, shares[:, k], np.nan) for k, s in enumerate(simulation.sources)},
        _notes(masses, epsilon[:, 0], simulation), card, seconds,
    )  # fmt: skip


def _notes(masses: Array, epsilon: Array, simulation: Simulation) -> tuple[str, ...]:
    """What the user should read, with the masses that it is about."""
    model, place = simulation.model, simulation.search.place
    where: dict[str, list[float]] = {}
    for mass, eps in zip(masses.tolist(), epsilon.tolist(), strict=True):
        texts = [n for s in simulation.sources if s.valid[0] < mass < s.valid[1] for n in s.notes(mass)]
        if mass >= simulation.limit:
            texts.append(f"no source makes pairs above {simulation.limit:.4g} GeV")
        elif not eps < 1.0:
            texts.append("no coupling below 1 gives enough events")
        elif model.width(mass) == 0.0:
            texts.append("the A' is lighter than two dark-matter particles: pairs off the mass shell only")
        elif eps**2 * ALPHA * model.mediator(mass) / 3.0 > VISIBLE * model.width(mass):
            texts.append("visible decays of the A', which are neglected, are not rare")
        for text in texts:
            where.setdefault(text, []).append(mass)
    notes = [f"{text} ({min(m):.4g}-{max(m):.4g} GeV)" for text, m in where.items()]
    if place.unverified:
        notes.append(f"numbers of the card that were not verified: {', '.join(place.unverified)}")
    return tuple(notes)
