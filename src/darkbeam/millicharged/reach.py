"""`reach_millicharged`: couplings that an experiment would exclude, against the mass of the particle."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import darkbeam
from darkbeam import cache as store
from darkbeam.detection import LIGHT_YIELDS, ScintillatorBars
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models.millicharged import Millicharged
from darkbeam.output import dump_json
from darkbeam.production.exposure import collisions
from darkbeam.sensitivity.masses import check_range
from darkbeam.sensitivity.result import Band, Reach

from .card import McpExperiment, load_mcp_experiment
from .contour import EPSILON_MAX, find_edges
from .simulate import KEPT, LEVEL_MIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from darkbeam.production.pairs import PairSource

    from .contour import Edges
    from .simulate import MassPoint, Simulation

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["McpOptions", "prepare", "reach_millicharged"]

FEW, ROUGH = 10.0, "few simulated particles shape the upper edge: it is rough"
"""Effective particles below which a note warns."""
MASSES_PER_PROCESS = 6
"""Fewer are not worth the start of a process."""


@dataclass(frozen=True)
class McpOptions:
    """What a user can choose beside the experiment.

    Attributes
    ----------
    spin : {"dirac", "scalar"}
    sources : tuple of str, optional
        Names of sources or groups; all of the facility by default.
    brem, form_factors, normalisation, overlap, nuclear : str, optional
        As for `darkbeam.production.assembly.choose_sources`.
    light : {"compound-poisson", "mean"}, optional
        Light of scintillator bars instead of the card's.
    masses : (float, float, int)
        Range (GeV) and number of masses, even in ln m.
    seed : int
    photons : int
        Photons of each source that are made, see `darkbeam.millicharged.simulate.Simulation`.
    precision : float
        Relative precision of the largest mass with a region, found by bisection after the scan; its masses are in the
        result too.
    """

    spin: str = "dirac"
    sources: tuple[str, ...] | None = None
    brem: str | None = None
    form_factors: str | None = None
    normalisation: str | None = None
    overlap: str | None = None
    nuclear: str | None = None
    light: str | None = None
    masses: tuple[float, float, int] = (0.01, 50.0, 40)
    seed: int = 1
    photons: int = 24000
    precision: float = 0.02

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UnknownNameError, ValueRangeError, MassRangeError
        """
        check_range(*self.masses)
        Millicharged(self.spin).check(self.masses[0])
        if self.light is not None and self.light not in LIGHT_YIELDS:
            raise UnknownNameError("light yield", self.light, LIGHT_YIELDS)
        if self.seed < 0:
            raise ValueRangeError(f"--seed {self.seed} is negative; give 0 or more")
        if self.photons < 1000:
            raise ValueRangeError(f"photons = {self.photons} is too few; give 1000 or more")
        if not 1e-4 <= self.precision < float("inf"):
            raise ValueRangeError(f"precision = {self.precision:g} is not a relative precision above 1e-4")


@dataclass(frozen=True)
class _MassResult:
    """Edges at one mass: rows central, variations, variants of the detector."""

    mass: float
    edges: Edges
    others: dict[str, Edges]
    errors: tuple[float, float]
    shares: Array
    effective: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Work:
    """What a process does with one mass."""

    simulation: Simulation
    threshold: float

    def __call__(self, mass: float) -> _MassResult:
        return _at_mass(self.simulation, mass, self.threshold)


def prepare(
    experiment: str | Path | McpExperiment,
    options: McpOptions,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
) -> tuple[McpExperiment, Simulation, dict[str, Any]]:
    """Experiment, simulation and the card that defines the result.

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.
    """
    from darkbeam.production.assembly import choose_sources  # slow to import
    from darkbeam.production.pairs import of_sources

    from .simulate import Simulation

    options.check()
    e = _changed(experiment, options.light, pot, lumi_fb, events)
    facility = get_facility(e.facility)
    choice = choose_sources(
        facility, options.sources, brem=options.brem, form_factors=options.form_factors,
        normalisation=options.normalisation, overlap=options.overlap, nuclear=options.nuclear,
    )  # fmt: skip
    sources: Sequence[PairSource] = of_sources(choice.sources, options.spin)
    exposure = collisions(facility, e.pot, e.lumi_fb)
    simulation = Simulation(e, tuple(sources), options.spin, exposure, options.seed, options.photons)
    if options.masses[0] >= simulation.limit:
        raise MassRangeError(
            f"no source at {facility.name} makes pairs of {options.masses[0]:g} GeV or more; the limit is "
            f"{simulation.limit:.4g} GeV"
        )
    card = {
        "darkbeam": darkbeam.__version__,
        "model": asdict(Millicharged(options.spin)) | {"name": "millicharged"},
        "experiment": _experiment_card(e, plain=events is not None),
        "facility": asdict(facility),
        "collisions": exposure,
        "sources": [s.name for s in sources],
        "choices": {**choice.settings, "overlap": choice.overlap},
        "options": {f.name: _plain(getattr(options, f.name)) for f in fields(options)},
    }  # fmt: skip
    return e, simulation, card


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _experiment_card(e: McpExperiment, *, plain: bool) -> dict[str, Any]:
    """Card with what was changed; ``plain``: the number of events was given."""
    exposure = {"pot": e.pot} if e.pot is not None else {"lumi_fb": e.lumi_fb}
    statistics = {} if plain else e.card.get("statistics", {})
    return {**e.card, "exposure": exposure, "statistics": {**statistics, "n_events_threshold": e.n_events}}


def _changed(
    experiment: str | Path | McpExperiment,
    light: str | None,
    pot: float | None,
    lumi_fb: float | None,
    events: float | None,
) -> McpExperiment:
    """Experiment with another exposure, threshold or description of the light."""
    e = experiment if isinstance(experiment, McpExperiment) else load_mcp_experiment(experiment)
    e = e.exposed(pot, lumi_fb).asking_for(events)
    if light is not None and isinstance(e.detector, ScintillatorBars) and light != e.detector.light:
        old = e.detector.light
        variants = {k: v for k, v in e.variants.items() if k != f"light-{light}"}
        variants[f"light-{old}"] = e.detector, e.length
        e = replace(e, detector=replace(e.detector, light=light), variants=variants)
    return e


def reach_millicharged(
    experiment: str | Path | McpExperiment,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    workers: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    options: McpOptions | None = None,
    **choices: Any,  # fields of McpOptions
) -> Reach:
    """Compute the reach of an experiment for millicharged particles.

    Parameters
    ----------
    experiment : str, path or McpExperiment
        Name (`darkbeam.millicharged.card_names`), a TOML card, or an object.
    pot, lumi_fb : float, optional
        Exposure instead of the card's.
    events : float, optional
        Expected events that make the contour instead of the card's.
    workers : int
        Processes; the result does not depend on it.
    cache : bool
        Use and fill the cache of results.
    progress : callable, optional
        Called with (masses done, all masses).
    options : McpOptions, optional
        All other choices at once; or by name, e.g. ``spin="scalar"``, ``masses=(0.01, 50.0, 40)``.

    Returns
    -------
    Reach
        ``epsilon_lower`` and ``epsilon_upper`` bound the charges Q/e that are seen; ``band`` has the variations of
        production, and of the detector (``light-...`` and those of the card).

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.

    Examples
    --------
    >>> r = reach_millicharged("ArgoNeuT", masses=(0.3, 1.54, 2), sources=("quarkonium:jpsi",), cache=False)
    >>> bool(r.epsilon_lower[0] < r.epsilon_lower[1])
    True
    """
    chosen = replace(options or McpOptions(), **choices)
    e, simulation, card = prepare(experiment, chosen, pot=pot, lumi_fb=lumi_fb, events=events)
    key = store.card_hash(card)
    if cache and (entry := store.lookup(key)) is not None and (entry / "contour.json").is_file():
        return Reach.load(entry / "contour.json")
    start = time.perf_counter()
    results = _scan(simulation, e.n_events, chosen, workers, progress)
    result = _assemble(results, simulation, card, time.perf_counter() - start)
    if cache:
        text = dump_json(result.to_dict())
        store.store(key, lambda folder: _write(folder, text))
        return Reach.from_dict(json.loads(text))
    return result


def _write(folder: Path, text: str) -> None:
    (folder / "contour.json").write_text(text, encoding="utf-8")


def _scan(
    simulation: Simulation,
    threshold: float,
    options: McpOptions,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[_MassResult]:
    """Results on the grid of masses, and between the last one with a region and the next."""
    from darkbeam.batch import open_executor

    grid = np.geomspace(*options.masses).tolist()
    found: list[_MassResult] = []
    # every process makes the photons again
    few = workers if workers < 1 else min(workers, max(len(grid) // MASSES_PER_PROCESS, 1))
    with open_executor(_Work(simulation, threshold), few) as executor:
        for result in executor.map(grid):
            found.append(result)
            if progress is not None:
                progress(len(found), len(grid))
        while (middle := _between(found, options.precision)) is not None:
            found = sorted([*found, *executor.map([middle])], key=lambda r: r.mass)
    return found


def _between(found: Sequence[_MassResult], precision: float) -> float | None:
    """Mass to look at next for the tip; None where it is known, open or absent."""
    inside = [k for k, r in enumerate(found) if np.isfinite(r.edges.lower[0])]
    if not inside or inside[-1] == len(found) - 1:
        return None
    low, high = found[inside[-1]].mass, found[inside[-1] + 1].mass
    return float(np.sqrt(low * high)) if high > (1.0 + precision) * low else None


def _at_mass(simulation: Simulation, mass: float, threshold: float) -> _MassResult:
    """Edges of the central value, of every variation and of every variant of the detector."""
    from darkbeam.production.source import N_BLOCKS

    point = simulation.at(mass)
    first = 1 + len(simulation.variations)
    edges = _edges(point, "", first, threshold)
    # the matter of the central edge serves the others: it acts on them in nearly the same way
    at = edges.level
    others = {name: _edges(point, name, 1, threshold, at) for name in simulation.experiment.variants}
    errors, shares, effective = [], np.zeros((len(simulation.sources), 2)), []
    for side, (edge, slope) in enumerate(zip((edges.lower[0], edges.upper[0]), edges.slopes, strict=True)):
        if not np.isfinite(edge):
            errors.append(float("nan"))
            continue
        rows = point.events(
            float(edge),
            rows=slice(None),
            level=float(edges.lower[0]) if side == 0 else None,
            photons=KEPT[side],
        )
        blocks = rows[first : first + N_BLOCKS]
        spread = float(np.sqrt(N_BLOCKS * np.var(blocks, ddof=1)) / max(np.sum(blocks), 1e-300))
        errors.append(spread / abs(slope) if np.isfinite(slope) and slope else float("nan"))
        shares[:, side] = rows[first + N_BLOCKS :] / max(rows[0], 1e-300)
        effective.append(1.0 / max(spread, 1e-9) ** 2)
    notes = [ROUGH] if len(effective) == 2 and effective[1] < FEW else []
    notes += [n for s in simulation.sources if s.valid[0] < mass < s.valid[1] for n in s.notes(mass)]
    return _MassResult(
        mass,
        edges,
        others,
        (errors[0], errors[1]),
        shares,
        min(effective, default=float("nan")),
        tuple(notes),
    )


def _edges(point: MassPoint, detector: str, rows: int, threshold: float, known: float | None = None) -> Edges:
    """Edges of the first rows; ``known`` is the charge at which matter acts on the lower edges, if it is known."""

    def near(found: float) -> Callable[[float], Array]:
        level = found if known is None else known
        return lambda epsilon: point.events(
            epsilon, detector, slice(0, rows), level=level, photons=KEPT[level == 0.0]
        )

    def events(epsilon: float) -> Array:
        return point.events(epsilon, detector, slice(0, rows), photons=KEPT[1])

    bends = point.simulation.experiment.bends
    return find_edges(events, threshold, near) if bends else find_edges(near(LEVEL_MIN), threshold)


def _assemble(
    results: Sequence[_MassResult], simulation: Simulation, card: dict[str, Any], seconds: float
) -> Reach:
    """Arrays, islands and bands."""
    from darkbeam.production import variation_labels

    masses = np.array([r.mass for r in results])
    names = ("central", *simulation.variations)
    labels = {full: short for short, full in variation_labels(simulation.sources).items()}  # type: ignore[arg-type]
    band = {}
    for i, name in enumerate(names):
        edges = [(r.edges.lower[i], r.edges.upper[i]) for r in results]
        band[labels.get(name, name)] = _band(masses.tolist(), edges)
    for name in simulation.experiment.variants:
        found = [r.others[name] for r in results]
        band[name] = _band(masses.tolist(), [(f.lower[0], f.upper[0]) for f in found])
    central = band["central"]
    e = simulation.experiment
    return Reach(
        experiment=e.name, sources=tuple(s.name for s in simulation.sources), threshold=e.n_events,
        masses_GeV=masses, epsilon_lower=central.epsilon_lower, epsilon_upper=central.epsilon_upper,
        peak_events=np.array([r.edges.peak for r in results]),
        peak_epsilon=np.array([r.edges.at for r in results]),
        error_lower=np.array([r.errors[0] for r in results]),
        error_upper=np.array([r.errors[1] for r in results]),
        n_effective=np.array([r.effective for r in results]), islands=central.islands,
        max_mass_GeV=central.max_mass_GeV, band=band,
        shares={s.name: np.array([r.shares[k] for r in results]) for k, s in enumerate(simulation.sources)},
        notes=_notes(results, simulation), card=card, seconds=seconds,
    )  # fmt: skip


def _band(masses: list[float], edges: list[tuple[float, float]]) -> Band:
    from darkbeam.sensitivity.contour import join_islands

    lower, upper = (np.array([float(e[i]) for e in edges]) for i in (0, 1))
    inside = [[(a, b)] if np.isfinite(a) and a < b else [] for a, b in zip(lower, upper, strict=True)]
    islands = join_islands(masses, inside)
    tip = max((row[0] for island in islands for row in island), default=None)
    return Band(lower, upper, tip, islands)


def _notes(results: Sequence[_MassResult], simulation: Simulation) -> tuple[str, ...]:
    """What the user should know: thresholds, open upper edges, unverified numbers."""
    e = simulation.experiment
    where: dict[str, list[float]] = {}
    for r in results:
        texts = list(r.notes)
        if r.mass >= simulation.limit:
            texts.append(f"no source makes pairs above {simulation.limit:.4g} GeV: no region")
        elif not np.isfinite(r.edges.lower[0]):
            texts.append("no charge below 1 gives enough events")
        elif r.edges.upper[0] >= EPSILON_MAX:
            texts.append("the region goes on to charge 1: not all particles stop or turn away in front")
        for text in texts:
            where.setdefault(text, []).append(r.mass)
    notes = [f"{text} ({min(m):.4g}-{max(m):.4g} GeV)" for text, m in where.items()]
    if e.unverified:
        notes.append(f"numbers of the card that were not verified: {', '.join(e.unverified)}")
    return tuple(notes)
