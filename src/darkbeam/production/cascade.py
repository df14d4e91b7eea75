r"""Dark photons from mesons of the hadronic cascade in a thick target: ``cascade:pi0``, ``cascade:eta``, ...

A proton that stops in a dump makes one first collision and, at 400 GeV in molybdenum, about a hundred more above 1 GeV.
``meson:...`` is the first collision, of two protons; ``cascade:...`` is every collision after it and is added to it,

    N = sum over species of N_cascade(species) BR(species -> A')

with the decays of `darkbeam.production.mesons` and the tables of `darkbeam.spectra.cascade`, per inelastic
collision of a beam proton.  The first collision on the nucleus itself makes more and softer mesons than one on a
proton (at 400 GeV 1.8 times the pi0, 1.15 times within SHiP's solid angle above 10 GeV): that difference is in
neither source.

Limits (see `darkbeam.spectra.cascade_generator`): infinite absorber, so nothing escapes and nothing decays in flight;
nuclei of Pythia's table; hadrons below 1 GeV of kinetic energy stop, so mesons below about 1.2 GeV are incomplete;
energies and angles are those in the laboratory, but every meson starts at the same point, though the cascade reaches a
few interaction lengths (0.15 m each in molybdenum) deep.

Off by default: it matters for soft thresholds.  At the SPS it adds 0.6 (50 MeV) to 0.9 (0.6 GeV) of the dark photons
of ``meson`` above 10 GeV that go into SHiP, but of the mesons above 100 GeV only a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from darkbeam.errors import MassRangeError
from darkbeam.production.mesons import MESON_DECAYS, MesonDecay
from darkbeam.production.weighted import Wrapper
from darkbeam.spectra.cascade import load_cascade

if TYPE_CHECKING:
    import numpy as np

    from darkbeam.production.source import Flux
    from darkbeam.spectra import Spectra

__all__ = ["CASCADES", "CascadeDecay", "cascade_sources"]

_DECAYS = {name: channels for name, channels in MESON_DECAYS.items() if name != "meson:rare"}
CASCADES = tuple(name.replace("meson:", "cascade:") for name in _DECAYS)
"""Names of the sources."""


@dataclass(frozen=True)
class CascadeDecay(Wrapper):
    """A `MesonDecay` of the tables of the cascade, under a name of its own."""

    @property
    def name(self) -> str:
        """One of `CASCADES`."""
        return self.source.name.replace("meson:", "cascade:")

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of the decay."""
        return self.source.variation_names

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return about n weighted points."""
        self._check(mass)
        return self.source.flux(mass, n, rng)

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision of the beam at epsilon = 1."""
        self._check(mass)
        return self.source.total(mass, variation)

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )


def cascade_sources(
    facility: str, form_factors: str = "default", scale: float = 1.0, spectra: Spectra | None = None
) -> list[CascadeDecay]:
    """All cascade sources at a facility; species without a table (phi at 30 GeV) are left out.

    Parameters
    ----------
    facility : str
        SPS, Fermilab, Serpukhov or JPARC.
    form_factors : str
        As for `MesonDecay`.
    scale : float
        Factor on every yield.
    spectra : Spectra, optional
        Tables of one's own, from `darkbeam.spectra.cascade.read_cascade`.

    Raises
    ------
    UnknownNameError, ValueRangeError

    Examples
    --------
    >>> [source.name for source in cascade_sources("SPS")][:2]
    ['cascade:pi0', 'cascade:eta']
    """
    tables = load_cascade(facility) if spectra is None else spectra
    return [
        CascadeDecay(MesonDecay(name, tables, form_factors, 1, scale))
        for name, channels in _DECAYS.items()
        if all(c.species in tables.tables for c in channels)
    ]
