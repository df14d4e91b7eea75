"""From the name of a search and the choices of the user to the simulation and the card of its result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from darkbeam.errors import ValueRangeError
from darkbeam.millicharged.choices import PairChoices, Production, experiment_card, make_card
from darkbeam.models.light_dark_matter import LightDarkMatter

from .card import DarkMatterSearch, load_dark_matter_search
from .simulate import Simulation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["DarkMatterOptions", "prepare"]


@dataclass(frozen=True, kw_only=True)
class DarkMatterOptions(PairChoices):
    """What a user can choose beside the search.

    Attributes
    ----------
    spin, sources, brem, form_factors, normalisation, overlap, nuclear, seed
        As in `darkbeam.millicharged.choices.PairChoices`.
    masses : (float, float, int)
        Range (GeV) and number of masses of chi, even in ln m; masses with m_A' at a vector meson are added.
    photons : int
        Photons of each source at all q, and again near the pole, see `darkbeam.light_dark_matter.simulate.Simulation`.
    alpha_d, ratio : float
        alpha_D, and m_A'/m_chi.
    """

    spin: str = "scalar"
    masses: tuple[float, float, int] = (0.001, 1.0, 40)
    photons: int = 40000
    alpha_d: float = 0.1
    ratio: float = 3.0

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
        super().check()
        self.model.check(self.masses[0])


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
    options.check()
    chosen = search if isinstance(search, DarkMatterSearch) else load_dark_matter_search(search)
    chosen = _changed(chosen, pot, lumi_fb, events, statistics or {})
    made = Production.at(chosen.place, options)
    model = options.model
    simulation = Simulation(chosen, made.sources, model, made.collisions, options.seed, options.photons)
    named = {"name": model.name, **asdict(model)}
    return simulation, make_card(named, experiment_card(chosen.place), made, options)


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
