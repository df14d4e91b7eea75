"""The counting model of one mass and coupling as a pyhf workspace.

Signal: the expected events of `darkbeam.rate`; background, observation and their errors: the card's statistics.  Beside
them, log-normal errors of the signal: "monte_carlo" (sampling), and one for each theory variation that comes as a pair
or as a single alternative (named after it; up and down where the pair has both).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkbeam.errors import ValueRangeError
from darkbeam.experiments.cards import experiment_from_card
from darkbeam.statistics import Counting, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.sensitivity.single import Rate

__all__ = ["counting_workspace"]

PAIRS = (("lower", "upper"), ("low", "high"), ("down", "up"))
"""Endings of the two members of a pair of variations."""


def counting_workspace(rate: Rate) -> dict[str, Any]:
    """Workspace of a rate.

    An experiment whose card gives only a number of events becomes a search without background that saw nothing.

    Raises
    ------
    ValueRangeError
        If the rate is zero.
    """
    if not rate.events > 0.0:
        raise ValueRangeError(
            f"{rate.experiment} expects no events at {rate.mass_GeV:g} GeV and epsilon = {rate.epsilon:g}: "
            "a workspace needs a signal"
        )
    counting = experiment_from_card(rate.card["experiment"]).counting or Counting()
    spec = workspace(counting, rate.events, rate.experiment)
    modifiers = spec["channels"][0]["samples"][0]["modifiers"]
    relative = rate.error / rate.events
    if relative > 0.0:
        modifiers.append(_normsys("monte_carlo", 1.0 + relative, 1.0 / (1.0 + relative)))
    for name, (low, high) in _theory_errors(rate.variations).items():
        modifiers.append(_normsys(name, high, low))
    return spec


def _normsys(name: str, high: float, low: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": high, "lo": low}}


def _theory_errors(variations: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Factors (low, high) of the signal by name; variations that change nothing, or leave no signal, are left out."""
    central = variations["central"]
    factors = {n: x / central for n, x in variations.items() if n != "central" and x > 0.0 and x != central}
    errors: dict[str, tuple[float, float]] = {}
    paired = set()
    for low_end, high_end in PAIRS:
        for name, factor in factors.items():
            other = name.removesuffix(low_end) + high_end
            if name.endswith(low_end) and name not in paired and other in factors:
                errors[name.removesuffix(low_end).rstrip("-") or "theory"] = (factor, factors[other])
                paired |= {name, other}
    for name, factor in factors.items():
        if name not in paired:
            # an alternative without a partner: the same distance in ln N to the other side
            errors[name] = (1.0 / factor, factor)
    return errors
