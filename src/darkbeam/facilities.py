"""Proton beams: the table of facilities.

One number per facility, sigma_inel, normalises the bremsstrahlung weight *and* the exposure, so that it cancels in
the rate.  It is the parametrisation of `darkbeam.production.cross_sections` at the facility's s, to four digits.

Ranges in z of bremsstrahlung and the cut pT < 1 GeV of the Bluemlein-Brunner description are those of SensCalc
(arXiv:2305.13383), which go back to the NuCal analyses (arXiv:1104.2747, arXiv:1311.3870).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from darkbeam.constants import M_P
from darkbeam.errors import UnknownNameError

__all__ = ["FACILITIES", "Facility", "get_facility"]


@dataclass(frozen=True)
class Facility:
    """A proton beam on a proton at rest, or two equal and opposite beams.

    Attributes
    ----------
    name : str
        Name on the command line and in cards.
    description : str
        One line for people.
    beam_energy : float
        Energy of one beam proton, GeV.
    collider : bool
        Two equal beams, as opposed to a target at rest.
    sigma_inel_mb : float
        Inelastic proton-proton cross-section, mb.
    z_min, z_max : float
        Default range of z = E/P of bremsstrahlung.
    pt_max : float
        Default cut in transverse momentum of the Bluemlein-Brunner description, GeV.
    brem_mass_max : float
        Largest mass for which bremsstrahlung is offered, GeV.
    """

    name: str
    description: str
    beam_energy: float
    collider: bool
    sigma_inel_mb: float
    z_min: float
    z_max: float
    pt_max: float = 1.0
    brem_mass_max: float = 3.0

    @property
    def beam_momentum(self) -> float:
        """Momentum of one beam proton, GeV."""
        return sqrt((self.beam_energy - M_P) * (self.beam_energy + M_P))

    @property
    def light_cone(self) -> float:
        """Light-cone momentum E + pz of the beam, GeV."""
        return self.beam_energy + self.beam_momentum

    @property
    def total(self) -> tuple[float, float]:
        """Light-cone momenta (E + pz, E - pz) of the whole collision, GeV."""
        minus = M_P * M_P / self.light_cone
        other = (minus, self.light_cone) if self.collider else (M_P, M_P)
        return self.light_cone + other[0], minus + other[1]

    @property
    def s(self) -> float:
        """Invariant mass squared of the proton-proton collision, GeV^2."""
        plus, minus = self.total
        return plus * minus

    @property
    def sqrt_s(self) -> float:
        """Centre-of-mass energy of the proton-proton collision, GeV."""
        return sqrt(self.s)


FACILITIES: dict[str, Facility] = {
    f.name: f
    for f in (
        Facility("SPS", "p(400 GeV) p, fixed target", 400.0, False, 32.82, 0.1, 0.95, brem_mass_max=5.0),
        Facility("Fermilab", "p(120 GeV) p, fixed target", 120.0, False, 31.55, 0.1, 0.90),
        Facility("Serpukhov", "p(70 GeV) p, fixed target", 70.0, False, 31.25, 0.1, 0.90),
        Facility("JPARC", "p(30 GeV) p, fixed target", 30.0, False, 31.12, 0.1, 0.90),
        Facility("LHC", "pp, 14 TeV", 7000.0, True, 81.46, 0.005, 0.99, brem_mass_max=5.0),
        Facility("LHC_13p6", "pp, 13.6 TeV", 6800.0, True, 81.10, 0.005, 0.99, brem_mass_max=5.0),
    )
}
"""Facilities by name."""

_ALIASES = {"fermilabbd": "Fermilab", "lhc13.6": "LHC_13p6", "lhc14": "LHC"}


def _plain(name: str) -> str:
    """Return the name without case, hyphens, underscores and blanks."""
    return name.lower().translate(str.maketrans("", "", "-_ "))


def get_facility(name: str) -> Facility:
    """Return a facility by name; case, ``-``, ``_`` and blanks do not matter.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> get_facility("lhc 13p6").beam_energy
    6800.0
    >>> get_facility("FermilabBD").name
    'Fermilab'
    """
    plain = _plain(name)
    known = {_plain(f): f for f in FACILITIES} | _ALIASES
    if plain not in known:
        raise UnknownNameError("facility", name, FACILITIES)
    return FACILITIES[known[plain]]
