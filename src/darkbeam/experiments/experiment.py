"""The experiment: one frozen object made from one card."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.statistics import Counting

    from .geometry import Solid
    from .layout import Detector, Magnet, Selection

__all__ = ["Experiment"]


@dataclass(frozen=True)
class Experiment:
    """Facility, exposure, decay volume, detector, selection and threshold.

    Attributes
    ----------
    name, title, status : str
        Key, one line for people, "past", "running", "approved", "proposed", "future" or "study".
    citations : tuple of str
        Papers and repositories behind the numbers.
    facility : str
        Name of the beam, see `darkbeam.facilities`.
    pot, lumi_fb : float or None
        Protons on target, or integrated luminosity in inverse femtobarn; exactly one is given.
    decay_volume : Solid
        Where decays count; z from the production point, m.
    detector, magnet, selection
        What the products must do.
    final_states : tuple of str
        Classes of decays that count, out of `CHANNEL_CLASSES`.
    efficiency : mapping
        Efficiency of each class that counts.
    n_events : float
        Number of expected events that is excluded or discovered.
    counting : Counting or None
        Background and observation behind ``n_events``; None where the card gives the number itself.
    card : dict
        The resolved card: `experiment_from_card(card)` makes this object again.
    """

    name: str
    title: str
    status: str
    citations: tuple[str, ...]
    facility: str
    pot: float | None
    lumi_fb: float | None
    decay_volume: Solid
    detector: Detector
    magnet: Magnet | None
    selection: Selection
    final_states: tuple[str, ...]
    efficiency: Mapping[str, float] = field(hash=False)
    n_events: float
    counting: Counting | None
    card: dict[str, Any] = field(hash=False, compare=False, repr=False)

    @property
    def exposure(self) -> float:
        """Protons on target or inverse femtobarn, whichever this experiment has."""
        return self.pot if self.pot is not None else float(self.lumi_fb or 0.0)

    def with_exposure(self, *, pot: float | None = None, lumi_fb: float | None = None) -> Experiment:
        """Return the same experiment with another exposure; its kind must be the one of the facility."""
        if (pot is None) == (lumi_fb is None):
            raise ValueRangeError("give exactly one of pot and lumi_fb")
        if (pot is None) != (self.pot is None):
            kind = "pot" if self.pot is not None else "lumi_fb"
            raise ValueRangeError(f"{self.name} at {self.facility} takes its exposure as {kind}")
        value = float(pot if pot is not None else lumi_fb or 0.0)
        if not 0.0 < value < float("inf"):
            raise ValueRangeError(f"an exposure must be positive and finite, not {value:g}")
        card = copy.deepcopy(self.card)
        card["exposure"] = {"pot" if pot is not None else "lumi_fb": value}
        return replace(self, pot=value if pot is not None else None,
                       lumi_fb=None if pot is not None else value, card=card)  # fmt: skip

    def with_threshold(self, n: float) -> Experiment:
        """Return the same experiment with another number of events as the threshold."""
        if not 0.0 < n < float("inf"):
            raise ValueRangeError(f"the number of events must be positive and finite, not {n:g}")
        card = copy.deepcopy(self.card)
        card["statistics"] = {"n_events_threshold": float(n)}
        return replace(self, n_events=float(n), counting=None, card=card)
