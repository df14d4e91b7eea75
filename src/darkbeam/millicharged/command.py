"""The command line that repeats a reach calculation for millicharged particles."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from .card import card_names, load_mcp_experiment
from .prepare import McpOptions

__all__ = ["mcp_command"]

FLAGS = {
    "spin": "--spin", "sources": "--sources", "brem": "--brem", "form_factors": "--form-factors",
    "normalisation": "--normalisation", "overlap": "--overlap", "nuclear": "--nuclear", "light": "--light",
    "masses": "--masses", "seed": "--seed",
}  # fmt: skip
"""Options that the command line has, in the order of the command, and their flags."""


def mcp_command(card: dict[str, Any]) -> str:
    """Command line that repeats a run; only what differs from the defaults.

    An experiment that is not shipped appears as ``NAME.toml``: its card is needed.

    Parameters
    ----------
    card : dict
        ``Reach.card``.
    """
    experiment, options = card["experiment"], card["options"]
    name = experiment["name"]
    shipped = load_mcp_experiment(name) if name in card_names() else None
    words = ["darkbeam", "reach", name if shipped else f"{name}.toml", "--model", "millicharged"]
    defaults = {f.name: f.default for f in fields(McpOptions)}
    for option, flag in FLAGS.items():
        value = tuple(options[option]) if isinstance(options[option], list) else options[option]
        if value != defaults[option]:
            words += [flag, _text(option, value)]
    if shipped is not None:
        for key, flag, own in (("pot", "--pot", shipped.pot), ("lumi_fb", "--lumi", shipped.lumi_fb)):
            if experiment["exposure"].get(key, own) != own:
                words.append(f"{flag}={experiment['exposure'][key]:g}")
        if experiment["statistics"]["n_events_threshold"] != shipped.n_events:
            words.append(f"--events={experiment['statistics']['n_events_threshold']:g}")
    return shlex.join(words)


def _text(name: str, value: Any) -> str:
    """Value of an option as the command line takes it."""
    if name == "masses":
        return f"{value[0]:g}:{value[1]:g}:{value[2]}"
    return ",".join(value) if isinstance(value, tuple) else f"{value}"
