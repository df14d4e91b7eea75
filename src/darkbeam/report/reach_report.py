"""The report of a reach calculation: everything that a reader needs to judge and to repeat it, in one HTML file."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.cache import card_hash
from darkbeam.citations import bibliography, keys_of_card
from darkbeam.errors import DarkbeamError
from darkbeam.output import dump_json, prepare_directory
from darkbeam.sensitivity.contributions import contributions_dict, total_band
from darkbeam.sensitivity.rerun import is_millicharged

from .page import Page
from .targets import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.sensitivity.point import MassPoint
    from darkbeam.sensitivity.result import Reach
    from darkbeam.sensitivity.single import Rate

__all__ = ["report_html", "write_report"]

ROWS = 12
"""Masses in the table of the edges."""
PLACES = (0.08, 0.45, 0.85)
"""Masses that are looked at closely: these parts of the way, in the logarithm, from the first to the tip."""
FEWER = 4
"""Cut flows are computed with this part of the sample of `darkbeam.rate`: the three digits shown need no more."""


def write_report(result: Reach, folder: str | Path, *, force: bool = False) -> Path:
    """Write ``report.html``.

    Cut flows and N(epsilon) are computed again at three masses, from the card of the result (a few seconds).

    Parameters
    ----------
    result : Reach
    folder : path
        Made if needed.  A folder that holds another card's results is refused unless ``force``.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
    """
    target = Path(folder)
    prepare_directory(target, card_hash(result.card), force=force)
    write_text(target / "report.html", report_html(result))
    return target / "report.html"


def report_html(result: Reach) -> str:
    """Return the report as text."""
    page = Page(f"{result.experiment.replace('_', ' ')}: reach")
    _summary(page, result)
    _edges(page, result)
    _variations(page, result)
    _sources(page, result)
    _single_masses(page, result)
    _provenance(page, result)
    return page.html()


def _summary(page: Page, result: Reach) -> None:
    """Figure and the numbers that are asked for first."""
    from darkbeam.plotting.reach import draw_reach  # matplotlib is slow to import
    from darkbeam.plotting.report_figures import figure_png

    experiment = result.card["experiment"]
    exposure = experiment.get("exposure", {})
    amount = [f"{x:g} {unit}" for key, unit in (("pot", "protons on target"), ("lumi_fb", "fb^-1"))
              if (x := exposure.get(key)) is not None]  # fmt: skip
    tip = "no region" if result.max_mass_GeV is None else f"{result.max_mass_GeV:.4g} GeV"
    page.facts(
        (
            ("experiment", experiment.get("title", result.experiment)),
            ("model", str(result.card.get("model", {}).get("name", ""))),
            ("exposure", ", ".join(amount)),
            ("contour", f"{result.threshold:g} expected events"),
            ("largest mass", tip),
            ("sources", ", ".join(result.sources)),
            ("darkbeam", str(result.card.get("darkbeam", ""))),
            ("card", card_hash(result.card)),
            ("computed in", f"{result.seconds:.1f} s"),
        )
    )
    caption = "Couplings that the experiment would see, against the mass, with the band of the production."
    page.figure(figure_png(lambda: draw_reach(result)), caption)
    if result.notes:
        page.heading("Notes")
        for note in result.notes:
            page.text(note)


def _edges(page: Page, result: Reach) -> None:
    """Table of the edges."""
    inside = np.flatnonzero(np.isfinite(result.epsilon_lower))
    page.heading("Edges")
    if not len(inside):
        page.text("No coupling gives enough events at any mass.")
        return
    chosen = np.unique(inside[np.linspace(0, len(inside) - 1, min(ROWS, len(inside))).round().astype(int)])
    rows = [
        [
            f"{result.masses_GeV[k]:.4g}", f"{result.epsilon_lower[k]:.3e}", f"{100.0 * result.error_lower[k]:.2f}",
            f"{result.epsilon_upper[k]:.3e}", f"{100.0 * result.error_upper[k]:.2f}", f"{result.peak_events[k]:.3g}",
            f"{result.n_effective[k]:.0f}",
        ]
        for k in chosen
    ]  # fmt: skip
    page.table(
        ["mass [GeV]", "lower eps", "+- %", "upper eps", "+- %", "largest N", "effective mothers"], rows
    )
    page.text("Errors are relative and statistical; all masses are in contour.csv.")


def _variations(page: Page, result: Reach) -> None:
    """What each variation does to the tip and to both edges, and the total band."""
    table = contributions_dict(result)
    if not table["masses_GeV"]:
        return
    page.heading("Variations")
    masses = [f"{m:.3g} GeV" for m in table["masses_GeV"]]
    for edge in ("lower", "upper"):
        rows = [
            [
                row["name"],
                row["group"],
                _number(row["tip_GeV"]),
                *map(_percent, (row["tip_shift"], *row[f"{edge}_shift"])),
            ]
            for row in table["rows"]
        ]
        page.heading(f"{edge.capitalize()} edge", 3).table(
            ["variation", "group", "tip [GeV]", "tip", *masses], rows
        )
    page.text(
        "Shifts relative to the central contour in per cent; none: no region. monte-carlo: statistical error."
    )
    total = total_band(result)
    if total:
        tips = ", ".join(f"{name} {_number(band.max_mass_GeV)} GeV" for name, band in total.items())
        page.text(
            f"Largest mass of the total band (bremsstrahlung as an envelope, other groups in quadrature): {tips}."
        )


def _percent(value: float | None) -> str:
    # adding zero turns -0.0 into 0.0
    return "none" if value is None else f"{round(100.0 * value, 1) + 0.0:+.1f}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _sources(page: Page, result: Reach) -> None:
    """Figures of shares and of the largest N."""
    from darkbeam.plotting.report_figures import draw_peak, draw_shares, figure_png

    if result.islands and result.shares:
        page.heading("Sources")
        page.figure(
            figure_png(lambda: draw_shares(result)), "Share of each source in the events at both edges."
        )
    page.heading("Expected events")
    page.figure(
        figure_png(lambda: draw_peak(result)),
        "Largest number of events over all couplings, against the mass.",
    )


def _single_masses(page: Page, result: Reach) -> None:
    """N(epsilon), decay spectra and cut flows at a few masses, computed from the card."""
    from darkbeam.plotting.report_figures import draw_events, draw_spectra, figure_png

    chosen = _close_masses(result)
    if not chosen or is_millicharged(result.card):
        return
    try:
        points, rates = _compute(result, chosen)
    except DarkbeamError as error:
        page.text(f"N(epsilon) and cut flows were not computed: {error}")
        return
    page.figure(
        figure_png(lambda: draw_events(points, result.threshold)),
        "Events against the coupling, with statistical error; dashed and dotted: upper and lower bremsstrahlung.",
    )
    page.figure(
        figure_png(lambda: draw_spectra(points)),
        "Decay spectra: paths to the decay in units of the decay length at epsilon = 1.",
    )
    page.heading("Cut flow")
    columns = [f"{r.mass_GeV:.3g} GeV, eps = {r.epsilon:.2e}" for r in rates]
    steps = dict.fromkeys(step for r in rates for step in r.cut_flow)
    page.text(
        "Expected dark photons left after each step, at the lower edge and at the coupling of the largest N."
    )
    page.table(["step", *columns], [[s, *(f"{r.cut_flow.get(s, 0.0):.3g}" for r in rates)] for s in steps])
    ordered = sorted(((n, c) for r in rates for c, n in r.by_decay.items()), reverse=True)
    channels = dict.fromkeys(c for _, c in ordered)
    page.heading("Events by decay", 3)
    page.table(
        ["decay", *columns], [[c, *(f"{r.by_decay.get(c, 0.0):.3g}" for r in rates)] for c in channels]
    )


def _close_masses(result: Reach) -> list[int]:
    """Places in the mass grid, inside the region, that are looked at closely."""
    inside = np.flatnonzero(np.isfinite(result.epsilon_lower) & np.isfinite(result.peak_epsilon))
    if not len(inside):
        return []
    x = np.log(result.masses_GeV[inside])
    wanted = [x[0] + part * (x[-1] - x[0]) for part in PLACES]
    return list(dict.fromkeys(int(inside[np.argmin(abs(x - w))]) for w in wanted))


def _compute(result: Reach, chosen: Sequence[int]) -> tuple[list[MassPoint], list[Rate]]:
    """Spectra at the masses, and two rates at each."""
    from darkbeam.sensitivity.api import prepare  # slow to import
    from darkbeam.sensitivity.points import compute_points
    from darkbeam.sensitivity.rerun import calculation_of
    from darkbeam.sensitivity.single import rate

    experiment, options = calculation_of(result.card)
    setup = prepare(experiment, options)[1]
    points = compute_points(setup, [float(result.masses_GeV[k]) for k in chosen])
    fewer = replace(options, n_draws=options.n_draws // FEWER + 1, n_rays=options.n_rays // FEWER + 1)
    rates = [
        rate(experiment, float(result.masses_GeV[k]), float(epsilon[k]), options=fewer)
        for k in chosen
        for epsilon in (result.epsilon_lower, result.peak_epsilon)
    ]
    return points, rates


def _provenance(page: Page, result: Reach) -> None:
    """Command, citations, card."""
    from darkbeam.sensitivity.rerun import command_of  # slow to import

    page.heading("Repeat this")
    try:
        page.code(command_of(result.card))
    except DarkbeamError as error:
        page.text(str(error))
    page.heading("Papers")
    for card in result.card.get("members", [result.card]):
        if "members" in result.card:
            page.heading(card["experiment"]["name"], 3)
        links = "".join(
            f'<li><a href="https://arxiv.org/abs/{number}">arXiv:{number}</a>: {escape(use)}</li>'
            for number, use in keys_of_card(card).items()
        )
        page.raw(f"<ul>{links}</ul>").code(bibliography(card))
    page.heading("Card").code(dump_json(result.card))
