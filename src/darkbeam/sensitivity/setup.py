"""Everything that defines the calculation at one mass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from darkbeam.constants import HBARC_GEV_M
from darkbeam.sensitivity.widths import partial_widths

if TYPE_CHECKING:
    from darkbeam.decays.imported import ImportedDecays
    from darkbeam.experiments import Experiment
    from darkbeam.models import VectorModel
    from darkbeam.production import Source

__all__ = ["Setup"]


@dataclass(frozen=True)
class Setup:
    """Experiment, model, sources and sizes of the Monte Carlo samples.

    Attributes
    ----------
    experiment : Experiment
    model : VectorModel
    sources : tuple of Source
    collisions : float
        Inelastic collisions of the exposure.
    seed : int
    precision : float
        Relative error of epsilon on the lower edge at which sampling stops.
    n_draws : int
        Vertices drawn in a round, all sources together.
    n_decays : int
        Decays at rest sampled at each mass.
    n_rays : int
        Rays through the volume wanted in a round, all sources together.
    min_mothers : float
        Effective number of mothers wanted behind the upper edge; below it an edge is flagged.
    widths : tuple of str
        Variations of the decay width, see `darkbeam.sensitivity.widths`.
    hadrons : ImportedDecays, optional
        Decays made elsewhere, in place of our own hadronic final states.
    smearing : bool
        Smear what the detector measures.
    """

    experiment: Experiment
    model: VectorModel
    sources: tuple[Source, ...]
    collisions: float
    seed: int = 1
    precision: float = 0.004
    n_draws: int = 16_000
    n_decays: int = 2**13
    n_rays: int = 8_000
    min_mothers: float = 50.0
    widths: tuple[str, ...] = ()
    hadrons: ImportedDecays | None = None
    smearing: bool = False

    @property
    def variations(self) -> tuple[str, ...]:
        """Named variations of any source and of the decay width, without ``central``."""
        of_sources = (v for s in self.sources for v in s.variation_names)
        return tuple(dict.fromkeys([*of_sources, *self.widths]))

    def sources_at(self, mass: float) -> tuple[Source, ...]:
        """Sources that produce at this mass."""
        return tuple(s for s in self.sources if s.valid[0] < mass < s.valid[1])

    def ctau(self, mass: float) -> float:
        """Proper decay length at epsilon = 1, m."""
        width = sum(partial_widths(self.model, mass).values())
        # without an open channel the model says so itself
        return HBARC_GEV_M / width if width > 0.0 else float(self.model.ctau(mass))

    def branching(self, mass: float) -> dict[str, float]:
        """Branching ratios by channel."""
        widths = partial_widths(self.model, mass)
        total = HBARC_GEV_M / self.ctau(mass)
        return {name: w / total for name, w in widths.items()}
