"""The reach of several experiments: computed together, each with its own cache entry, and joined on request.

Fluxes and decays are made once per facility and mass (`darkbeam.sensitivity.scan.scan_all`); every result is the
same as that of `darkbeam.reach` for its experiment alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import darkbeam
from darkbeam import cache as store
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.experiments import Experiment, load_experiment
from darkbeam.sensitivity.options import Options, build_setup, make_card, variation_name
from darkbeam.sensitivity.result import Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from darkbeam.sensitivity.joint import JointSetup
    from darkbeam.sensitivity.setup import Setup

__all__ = ["Request", "expand_names", "lookup", "reach_many", "reach_requests", "requests"]

JOINED = ("combination", "envelope")
"""What several experiments can be joined to."""


@dataclass(frozen=True)
class Request:
    """One contour to compute.

    Attributes
    ----------
    name : str
    job : Setup or JointSetup
    threshold : float
        Events that make the contour.
    card : dict
    options : Options
    """

    name: str
    job: Setup | JointSetup
    threshold: float
    card: dict[str, Any]
    options: Options

    @property
    def key(self) -> str:
        """Hash of the card: name of the cache entry."""
        return store.card_hash(self.card)


def expand_names(names: Sequence[str]) -> list[str]:
    """Names with groups spelled out, each once.

    Examples
    --------
    >>> "CHARM" in expand_names(["all-past"])
    True
    """
    from darkbeam.experiments.card_groups import GROUPS, group_names  # reads every card

    found = [member for name in names for member in (group_names(name) if name in GROUPS else (name,))]
    return list(dict.fromkeys(found))


def changed(
    experiment: str | Path | Experiment,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> Experiment:
    """Experiment with another exposure, threshold or statistics (fields of `darkbeam.statistics.Counting`).

    Raises
    ------
    ValueRangeError
        For a number of events and statistics together, or values that make no sense.
    """
    chosen = experiment if isinstance(experiment, Experiment) else load_experiment(experiment)
    if pot is not None or lumi_fb is not None:
        chosen = chosen.with_exposure(pot=pot, lumi_fb=lumi_fb)
    if events is not None and statistics:
        raise ValueRangeError("a number of events fixes the contour; give it, or statistics")
    if events is not None:
        chosen = chosen.with_threshold(events)
    if statistics:
        from darkbeam.statistics import Counting  # imports scipy

        chosen = chosen.with_statistics(replace(chosen.counting or Counting(), **statistics))
    return chosen


def requests(
    experiments: Sequence[str | Path | Experiment],
    options: Options,
    joined: Sequence[str] = (),
    **changes: Any,
) -> list[Request]:
    """Requests of all experiments, then of what they are joined to; ``changes`` as for `changed`."""
    found = []
    for experiment in experiments:
        chosen = changed(experiment, **changes)
        setup = build_setup(chosen, options)
        found.append(Request(chosen.name, setup, chosen.n_events, make_card(chosen, options, setup), options))
    return found + [_joined(found, kind, options) for kind in joined]


def _joined(members: Sequence[Request], kind: str, options: Options) -> Request:
    """Request of a combination or envelope."""
    from darkbeam.sensitivity.joint import JointSetup  # imports scipy

    if kind not in JOINED:
        raise UnknownNameError("way to join experiments", kind, JOINED)
    if len(members) < 2:
        raise ValueRangeError(f"a {kind} needs at least two experiments")
    job = JointSetup(tuple(m.job for m in members if not isinstance(m.job, JointSetup)), kind)
    shown = variation_name(options, job)
    if shown not in ("central", *job.variations):
        raise ValueRangeError(f"a {kind} of experiments with background has no variation {shown}")
    return Request(kind, job, job.threshold, _joint_card(members, kind), options)


def _joint_card(members: Sequence[Request], kind: str) -> dict[str, Any]:
    """Card that names all members."""
    cards = [m.card for m in members]
    citations = dict.fromkeys(c for card in cards for c in card["experiment"].get("citations", ()))
    names = [m.name for m in members]
    return {
        "darkbeam": darkbeam.__version__,
        "kind": kind,
        "experiment": {
            "name": kind, "title": f"{kind} of {', '.join(names)}", "members": names, "exposure": {},
            "citations": list(citations),
        },
        "members": cards,
        "sources": list(dict.fromkeys(s for card in cards for s in card["sources"])),
        "options": cards[0]["options"],
    }  # fmt: skip


def lookup(request: Request) -> Reach | None:
    """Result from the cache, or None."""
    return store.find_result(request.key, Reach)


def reach_many(
    experiments: Sequence[str | Path | Experiment],
    *,
    joined: Sequence[str] = (),
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    statistics: Mapping[str, Any] | None = None,
    workers: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    options: Options | None = None,
    **choices: Any,  # fields of Options
) -> list[Reach]:
    """Compute the reach of several experiments.

    Parameters
    ----------
    experiments : sequence of str, path or Experiment
        Groups (``all-past``, ``all-future``) count as their members.
    joined : sequence of {"combination", "envelope"}
        Further results: joint exclusion by all of them, and the couplings that at least one of them excludes.
    statistics : mapping, optional
        Fields of `darkbeam.statistics.Counting` that replace those of the cards.
    pot, lumi_fb, events, workers, cache, progress, scheduler, options, **choices
        As for `darkbeam.reach`.

    Returns
    -------
    list of Reach
        In the order of the experiments, then of ``joined``.

    Examples
    --------
    >>> from darkbeam.sensitivity.many import reach_many
    >>> fast = {"sources": ("meson:pi0",), "masses": (0.02, 0.1, 2), "n_draws": 4000, "refine": False}
    >>> [r.experiment for r in reach_many(["CHARM", "BEBC"], joined=("envelope",), cache=False, **fast)]
    ['CHARM', 'BEBC', 'envelope']
    """
    chosen = replace(options or Options(), **choices)
    names = [n for e in experiments for n in (expand_names([e]) if isinstance(e, str) else [e])]
    wanted = requests(names, chosen, joined, pot=pot, lumi_fb=lumi_fb, events=events, statistics=statistics)
    return reach_requests(wanted, workers=workers, cache=cache, progress=progress, scheduler=scheduler)


def reach_requests(
    wanted: Sequence[Request],
    *,
    workers: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
) -> list[Reach]:
    """Results of requests, from the cache or computed together; the same request is computed once."""
    known = {r.key: lookup(r) if cache else None for r in wanted}
    missing = list({r.key: r for r in wanted if known[r.key] is None}.values())
    for request, result in zip(missing, _compute(missing, workers, progress, scheduler), strict=True):
        known[request.key] = result
        if cache:
            store.keep_result(request.key, result)
    return [found for r in wanted if (found := known[r.key]) is not None]


def _compute(
    wanted: Sequence[Request],
    workers: int,
    progress: Callable[[int, int], None] | None,
    scheduler: str | None,
) -> list[Reach]:
    """Compute all requests in one scan."""
    if not wanted:
        return []
    # the numerical modules are imported here so that a result from the cache costs no scipy
    from darkbeam.production import resonance_nodes, variation_labels
    from darkbeam.sensitivity.assemble import assemble
    from darkbeam.sensitivity.scan import scan_all

    options = wanted[0].options
    start = time.perf_counter()
    nodes = list(_nodes(wanted, resonance_nodes))
    scans = scan_all(
        [r.job for r in wanted], options.masses, nodes, workers, refine=options.refine, progress=progress,
        scheduler=scheduler,
    )  # fmt: skip
    seconds = (time.perf_counter() - start) / len(wanted)
    return [
        assemble(
            found, r.name, r.threshold, variation_name(options, r.job), variation_labels(r.job.sources), r.card,
            seconds,
        )
        for r, found in zip(wanted, scans, strict=True)
    ]  # fmt: skip


def _nodes(wanted: Sequence[Request], of_sources: Callable[..., list[float]]) -> Iterator[Sequence[float]]:
    """Nodes of each request; those of one set of sources are looked up once."""
    known: dict[tuple[int, ...], list[float]] = {}
    for request in wanted:
        key = tuple(id(s) for s in request.job.sources)
        if key not in known:
            known[key] = of_sources(request.job.sources, *request.options.masses[:2])
        yield known[key]
