"""The functions that users call: `reach` and its cache."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from darkbeam import cache as store
from darkbeam.sensitivity.many import changed
from darkbeam.sensitivity.options import Options, build_setup, make_card, variation_name
from darkbeam.sensitivity.result import Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.point import MassPoint
    from darkbeam.sensitivity.scan import MassResult
    from darkbeam.sensitivity.setup import Setup

__all__ = ["compute", "decay_spectra", "prepare", "reach"]


def prepare(
    experiment: str | Path | Experiment,
    options: Options,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> tuple[Experiment, Setup, dict[str, Any]]:
    """Resolve names into an experiment, the setup of the calculation and its card."""
    chosen = changed(experiment, pot=pot, lumi_fb=lumi_fb, events=events, statistics=statistics)
    setup = build_setup(chosen, options)
    return chosen, setup, make_card(chosen, options, setup)


def reach(
    experiment: str | Path | Experiment,
    *,
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
) -> Reach:
    """Compute the dark-photon reach of an experiment.

    Parameters
    ----------
    experiment : str, path or Experiment
        Name (``darkbeam experiments`` lists them), a TOML card, or an object.
    pot, lumi_fb : float, optional
        Exposure instead of the card's: protons on target, or luminosity in fb^-1.
    events : float, optional
        Expected events that make the contour instead of the card's (2.3: 90 % CL without background).
    statistics : mapping, optional
        Fields of `darkbeam.statistics.Counting` that replace those of the card, e.g. ``{"background": 1.5}``.
    workers : int
        Processes.  The result does not depend on it.  A script that uses more than one must be
        importable (``if __name__ == "__main__":``).
    cache : bool
        Use and fill the cache of results.
    progress : callable, optional
        Called with (masses done, masses known so far).
    scheduler : str, optional
        Address of a running Dask cluster (extra ``dask``) that computes instead of ``workers`` processes.
    options : Options, optional
        All other choices at once; or give them by name, e.g. ``sources=("meson:eta",)``, ``brem="baseline"``,
        ``masses=(0.01, 1.0, 40)``, ``seed=2``.

    Returns
    -------
    Reach

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.

    Examples
    --------
    >>> import darkbeam
    >>> r = darkbeam.reach("NuCal", sources=("meson:pi0",), masses=(0.02, 0.1, 3), n_draws=4000, cache=False)
    >>> bool(r.epsilon_lower[0] < r.epsilon_upper[0])
    True
    """
    chosen_options = replace(options or Options(), **choices)
    chosen, setup, card = prepare(
        experiment, chosen_options, pot=pot, lumi_fb=lumi_fb, events=events, statistics=statistics
    )
    return store.result_of_card(
        card, Reach, lambda: compute(chosen, setup, card, chosen_options, workers, progress, scheduler), cache=cache
    )  # fmt: skip


def compute(
    experiment: Experiment,
    setup: Setup,
    card: dict[str, Any],
    options: Options,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    known: Iterable[MassResult] = (),
) -> Reach:
    """Reach of what `prepare` returned, without the cache; ``known`` masses are not computed again."""
    # the numerical modules are imported here so that a result from the cache costs no scipy
    from darkbeam.production import resonance_nodes, variation_labels
    from darkbeam.sensitivity.assemble import assemble
    from darkbeam.sensitivity.scan import scan

    start = time.perf_counter()
    nodes = resonance_nodes(setup.sources, *options.masses[:2])
    results = scan(
        setup, options.masses, nodes, workers, refine=options.refine, progress=progress, scheduler=scheduler,
        known=known,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    return assemble(
        results, experiment.name, experiment.n_events, variation_name(options, setup),
        variation_labels(setup.sources), card, seconds,
    )  # fmt: skip


def decay_spectra(
    experiment: str | Path | Experiment,
    mass: float,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    **choices: Any,  # fields of Options
) -> MassPoint:
    """Decay spectra of one mass: expected events at *every* coupling, by source and by variation.

    Parameters
    ----------
    experiment : str, path or Experiment
    mass : float
        GeV.
    pot, lumi_fb, **choices
        As for `reach`.

    Returns
    -------
    MassPoint
        ``by_source`` and ``by_variation`` hold `DecaySpectrum` objects; they add and scale.

    Examples
    --------
    >>> import darkbeam
    >>> point = darkbeam.decay_spectra("NuCal", 0.05, sources=("meson:pi0",), n_draws=4000)
    >>> n = point.by_variation["central"].events([1e-7, 1e-6])
    >>> bool(n[1] > n[0])
    True
    """
    from darkbeam.sensitivity.point import compute_point  # slow to import

    options = replace(Options(**choices), masses=(mass, mass * 1.0001, 2))
    setup = prepare(experiment, options, pot=pot, lumi_fb=lumi_fb)[1]
    return compute_point(setup, mass)
