"""The experiment: one frozen object made from one card."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.statistics import Counting

    from .efficiency import EfficiencyTable
    from .geometry import Solid
    from .layout import Detector, Magnet
    from .selection import Selection
    from .smearing import Smearing

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
    detector, magnets, selection
        What the products must do; the magnets in order of z.
    final_states : tuple of str
        Classes of decays that count, out of `CHANNEL_CLASSES`.
    efficiency : mapping
        Efficiency of each class that counts: a number, or a table.
    smearing : Smearing or None
        Resolution, applied where it is asked for.
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
    magnets: tuple[Magnet, ...]
    selection: Selection
    final_states: tuple[str, ...]
    efficiency: Mapping[str, float | EfficiencyTable] = field(hash=False)
    smearing: Smearing | None
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

    def with_statistics(self, counting: Counting) -> Experiment:
        """Return the same experiment with another background, observation or method; it gives the threshold."""
        table = {k: v for k, v in asdict(counting).items() if v is not None}
        card = copy.deepcopy(self.card)
        card["statistics"] = table
        return replace(self, n_events=counting.upper_limit(), counting=counting, card=card)

    def with_threshold(self, n: float) -> Experiment:
        """Return the same experiment with another number of events as the threshold."""
        if not 0.0 < n < float("inf"):
            raise ValueRangeError(f"the number of events must be positive and finite, not {n:g}")
        card = copy.deepcopy(self.card)
        card["statistics"] = {"n_events_threshold": float(n)}
        return replace(self, n_events=float(n), counting=None, card=card)
