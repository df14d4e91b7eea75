"""From the name of an experiment and the choices of the user to the simulation and the card of its result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from darkbeam.detection import LIGHT_YIELDS, ScintillatorBars
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.models.millicharged import Millicharged

from .card import McpExperiment, load_mcp_experiment
from .choices import PairChoices, Production, experiment_card, make_card
from .simulate import Simulation

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["McpOptions", "prepare"]


@dataclass(frozen=True, kw_only=True)
class McpOptions(PairChoices):
    """What a user can choose beside the experiment.

    Attributes
    ----------
    spin, sources, brem, form_factors, normalisation, overlap, nuclear, masses, seed, photons
        As in `darkbeam.millicharged.choices.PairChoices`.
    light : {"compound-poisson", "mean", "bethe"}, optional
        Light of scintillator bars instead of the card's.
    precision : float
        Relative precision of the largest mass with a region, found by bisection after the scan; its masses are in the
        result too.
    """

    spin: str = "dirac"
    masses: tuple[float, float, int] = (0.01, 50.0, 40)
    photons: int = 24000
    light: str | None = None
    precision: float = 0.02

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UnknownNameError, ValueRangeError, MassRangeError
        """
        super().check()
        Millicharged(self.spin).check(self.masses[0])
        if self.light is not None and self.light not in LIGHT_YIELDS:
            raise UnknownNameError("light yield", self.light, LIGHT_YIELDS)
        if not 1e-4 <= self.precision < float("inf"):
            raise ValueRangeError(f"precision = {self.precision:g} is not a relative precision above 1e-4")


def prepare(
    experiment: str | Path | McpExperiment,
    options: McpOptions,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
) -> tuple[McpExperiment, Simulation, dict[str, Any]]:
    """Experiment, simulation and the card that defines the result.

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.
    """
    options.check()
    e = experiment if isinstance(experiment, McpExperiment) else load_mcp_experiment(experiment)
    e = _with_light(e.exposed(pot, lumi_fb).asking_for(events), options.light)
    made = Production.at(e, options)
    simulation = Simulation(e, made.sources, options.spin, made.collisions, options.seed, options.photons)
    # a number of events takes the place of the card's statistics
    shown = experiment_card(e, e.card.get("statistics", {}) if events is None else {})
    model = asdict(Millicharged(options.spin)) | {"name": "millicharged"}
    return e, simulation, make_card(model, shown, made, options)


def _with_light(e: McpExperiment, light: str | None) -> McpExperiment:
    """Experiment with another description of the light; that of the card becomes a variant."""
    if light is None or not isinstance(e.detector, ScintillatorBars) or light == e.detector.light:
        return e
    variants = {k: v for k, v in e.variants.items() if k != f"light-{light}"}
    variants[f"light-{e.detector.light}"] = e.detector, e.length
    return replace(e, detector=replace(e.detector, light=light), variants=variants)
