"""What the reach of pairs needs beside the particle: choices of the user, sources of a facility, the card of a result.

Serves millicharged particles and light dark matter.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import darkbeam
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.assembly import choose_sources
from darkbeam.production.exposure import collisions
from darkbeam.production.pairs import of_sources
from darkbeam.sensitivity.masses import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.facilities import Facility
    from darkbeam.production.pairs import PairSource

    from .card import McpExperiment

__all__ = ["PairChoices", "Production", "experiment_card", "make_card"]

LEAST_PHOTONS = 1000
"""Fewer of a source leave blocks of mothers empty."""


@dataclass(frozen=True, kw_only=True)
class PairChoices:
    """Choices that all models of pairs have.

    Attributes
    ----------
    spin : {"dirac", "scalar"}
    sources : tuple of str, optional
        Names of sources or groups; all of the facility by default.
    brem, form_factors, normalisation, overlap, nuclear : str, optional
        As for `darkbeam.production.assembly.choose_sources`.
    masses : (float, float, int)
        Range (GeV) and number of masses, even in ln m.
    seed : int
    photons : int
        Photons of each source that are made.
    """

    spin: str
    sources: tuple[str, ...] | None = None
    brem: str | None = None
    form_factors: str | None = None
    normalisation: str | None = None
    overlap: str | None = None
    nuclear: str | None = None
    masses: tuple[float, float, int]
    seed: int = 1
    photons: int

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UnknownNameError, ValueRangeError, MassRangeError
        """
        check_range(*self.masses)
        if self.seed < 0:
            raise ValueRangeError(f"--seed {self.seed} is negative; give 0 or more")
        if self.photons < LEAST_PHOTONS:
            raise ValueRangeError(f"photons = {self.photons} is too few; give {LEAST_PHOTONS} or more")


@dataclass(frozen=True)
class Production:
    """Sources of pairs at a facility, for an exposure.

    Attributes
    ----------
    facility : Facility
    sources : tuple of PairSource
        After the overlap policy.
    collisions : float
        Inelastic collisions of the exposure.
    settings : dict
        Descriptions behind the sources, with their defaults, and the overlap policy.
    """

    facility: Facility
    sources: tuple[PairSource, ...]
    collisions: float
    settings: dict[str, Any]

    @classmethod
    def at(cls, experiment: McpExperiment, choices: PairChoices) -> Production:
        """Sources at the facility of an experiment.

        Raises
        ------
        UnknownNameError, ValueRangeError
            For a source or description that does not exist.
        MassRangeError
            If no source makes pairs of the smallest mass.
        """
        facility = get_facility(experiment.facility)
        choice = choose_sources(
            facility, choices.sources, brem=choices.brem, form_factors=choices.form_factors,
            normalisation=choices.normalisation, overlap=choices.overlap, nuclear=choices.nuclear,
        )  # fmt: skip
        sources = tuple(of_sources(choice.sources, choices.spin))
        exposure = collisions(facility, experiment.pot, experiment.lumi_fb)
        limit, least = max(s.valid[1] for s in sources), choices.masses[0]
        if least >= limit:
            raise MassRangeError(
                f"no source at {facility.name} makes pairs of {least:g} GeV or more; the limit is {limit:.4g} GeV"
            )
        return cls(facility, sources, exposure, {**choice.settings, "overlap": choice.overlap})


def experiment_card(experiment: McpExperiment, statistics: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Content of the card with the exposure and number of events of ``experiment``, and other ``statistics``."""
    e = experiment
    exposure = {"pot": e.pot} if e.pot is not None else {"lumi_fb": e.lumi_fb}
    return {
        **e.card, "exposure": exposure, "statistics": {**(statistics or {}), "n_events_threshold": e.n_events},
    }  # fmt: skip


def make_card(
    model: Mapping[str, Any], experiment: Mapping[str, Any], production: Production, choices: PairChoices
) -> dict[str, Any]:
    """Everything that defines a result, JSON-serialisable.

    Parameters
    ----------
    model, experiment : mapping
        Model, and `experiment_card`.
    production : Production
    choices : PairChoices
    """
    values = {f.name: getattr(choices, f.name) for f in fields(choices)}
    return {
        "darkbeam": darkbeam.__version__,
        "model": model,
        "experiment": experiment,
        "facility": asdict(production.facility),
        "collisions": production.collisions,
        "sources": [s.name for s in production.sources],
        "choices": production.settings,
        "options": {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()},
    }
