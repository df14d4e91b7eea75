"""A stored card back to what it was made from: experiment, options and the command line that repeats the run."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from darkbeam.errors import DarkbeamError, OutputError
from darkbeam.experiments import list_experiments, load_experiment
from darkbeam.experiments.cards import experiment_from_card
from darkbeam.sensitivity.options import Options

if TYPE_CHECKING:
    from darkbeam.experiments import Experiment

__all__ = ["calculation_of", "command_of", "is_millicharged"]

FLAGS = {
    "sources": "--sources", "brem": "--brem", "form_factors": "--form-factors", "normalisation": "--normalisation",
    "nuclear": "--nuclear", "overlap": "--overlap", "preset": "--preset", "model": "--model", "scheme": "--scheme",
    "variation": "--variation", "widths": "--widths", "masses": "--masses", "precision": "--precision",
    "seed": "--seed",
}  # fmt: skip
"""Options that the command line has, and their flags."""
STATISTICS = {
    "n_events_threshold": "--events", "method": "--stat-method", "confidence_level": "--confidence-level",
    "background": "--background", "observed": "--observed", "signal_error": "--signal-error",
}  # fmt: skip
"""The same of the statistics of a card."""
JOINED = {"combination": "--combine", "envelope": "--envelope"}


def is_millicharged(card: dict[str, Any]) -> bool:
    """Whether a card is of a reach of millicharged particles."""
    return bool(card.get("model", {}).get("name") == "millicharged")


def calculation_of(card: dict[str, Any]) -> tuple[Experiment, Options]:
    """Experiment and options of the calculation that made a result.

    Parameters
    ----------
    card : dict
        ``Reach.card``.

    Raises
    ------
    OutputError
        If the card is not of one calculation (a combination, or another version of darkbeam).
    """
    if "members" in card:
        raise OutputError(f"{card['experiment']['title']} is not a single calculation")
    if is_millicharged(card):
        raise OutputError(
            "a reach of millicharged particles has no decays: no grid, cut flow or workspace; contour.csv, --hepdata, "
            "--report and plot reach are there"
        )
    try:
        stored = card["options"]
        names = {f.name for f in fields(Options)}
        if unknown := sorted(set(stored) - names):
            raise OutputError(f"the card has options that this version does not know: {', '.join(unknown)}")
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        experiment = experiment_from_card(card["experiment"])
    except (KeyError, TypeError) as error:
        raise OutputError(f"the card is not of a single calculation: {error} is missing") from error
    return experiment, Options(**values)


def command_of(card: dict[str, Any]) -> str:
    """Command line that repeats a run; only what differs from the defaults.

    An experiment that is not shipped appears as ``NAME.toml``: its card is needed.

    Raises
    ------
    OutputError
        As `calculation_of`, for a card that is neither of one calculation nor a combination or envelope.
    """
    if is_millicharged(card):
        from darkbeam.millicharged.command import mcp_command  # slow to import

        return mcp_command(card)
    members = card.get("members", [card])
    options = calculation_of(members[0])[1]
    words = ["darkbeam", "reach"]
    extra: list[str] = [JOINED[card["kind"]]] if "members" in card else []
    for member in members:
        name = member["experiment"]["name"]
        shipped = _shipped_card(name)
        words.append(name if shipped is not None else f"{name}.toml")
        if shipped is not None:
            # members of a combination were given the same flags
            extra += [w for w in _differences(member["experiment"], shipped) if w not in extra]
    for f in fields(Options):
        value = getattr(options, f.name)
        if f.name == "hadrons":
            words += [w for file in value for w in ("--hadrons", file)]
        elif f.name in FLAGS and value != f.default:
            words += [FLAGS[f.name], _text(f.name, value)]
    if options.smearing:
        words.append("--smearing")
    if not options.refine:
        words.append("--no-refine")
    return shlex.join(words + extra)


def _shipped_card(name: str) -> dict[str, Any] | None:
    """Card of a shipped experiment, None for a user's own."""
    if name not in list_experiments():
        return None
    try:
        return load_experiment(name).card
    except DarkbeamError:
        return None


def _differences(card: dict[str, Any], shipped: dict[str, Any]) -> list[str]:
    """Flags ``--x=value`` of an exposure and of statistics that are not those of the shipped card."""
    tables = (("exposure", {"pot": "--pot", "lumi_fb": "--lumi"}), ("statistics", STATISTICS))
    return [
        f"{flag}={value:g}" if isinstance(value, float) else f"{flag}={value}"
        for table, flags in tables
        for key, flag in flags.items()
        if (value := card[table].get(key)) is not None and value != shipped[table].get(key)
    ]


def _text(name: str, value: Any) -> str:
    """Value of an option as the command line takes it."""
    if name == "masses":
        return f"{value[0]:g}:{value[1]:g}:{value[2]}"
    return ",".join(value) or "none" if isinstance(value, tuple) else f"{value}"
