r"""Pairs of millicharged particles from every source of dark photons.

A dark-photon source is a source of virtual photons: F(q) photons of mass q per inelastic collision and per epsilon^2.
Through them a collision makes, per epsilon^2 and per pair,

    dN/dq = 2 q F(q) S(q^2),     q > 2 m                                (arXiv:2512.04153, 1603.08926)

q mass of the pair, m mass of the particle, GeV; S(q^2) for both spins: `darkbeam.models.millicharged`.  Dalitz
decays have kinematics of their own (`darkbeam.production.pairs_dalitz`).  Vector mesons come in through the poles of
mixing and of bremsstrahlung, the Z through Drell-Yan (hypercharge mixing).  A quarkonium V is a pole too narrow to
follow:

    N = N_V BR(V -> chi chibar),    BR(V -> chi chibar) = BR(V -> ee) beta (1 + 2 m^2/M^2)    (Dirac)

Double counting is settled for dark photons at each q (`darkbeam.production.overlap`), and so for pairs.

Sampling: `darkbeam.production.pairs_virtual`; angles: `darkbeam.production.pairs_angles`.

Validity: m > m_e.  Pairs lighter than the lightest photon of a source are left out, and a note says so: mixing has none
below 20 MeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from darkbeam.models.millicharged import SPINS, Millicharged, pair_factor
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.pairs_angles import ISOTROPIC
from darkbeam.production.pairs_dalitz import DalitzPairs
from darkbeam.production.pairs_flux import PairFlux, PairSource
from darkbeam.production.pairs_virtual import NarrowPairs, VirtualPhotonPairs
from darkbeam.production.quarkonium import Quarkonium
from darkbeam.production.weighted import innermost

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from darkbeam.facilities import Facility
    from darkbeam.production.source import Source

__all__ = [
    "SPINS", "DalitzPairs", "NarrowPairs", "PairFlux", "PairSource", "VirtualPhotonPairs",
    "of_sources", "pair_factor", "pair_source", "pair_sources",
]  # fmt: skip


@runtime_checkable
class MakesPairs(Protocol):
    """A source of dark photons that makes its pairs itself, as measured lepton pairs do."""

    def pair_source(self, spin: str, /) -> PairSource:
        """Return the source of pairs."""
        ...


def pair_source(source: Source, spin: str = "dirac", *, transverse: float | None = None) -> PairSource:
    """Source of pairs behind a source of dark photons.

    Parameters
    ----------
    source : Source
    spin : {"dirac", "scalar"}
    transverse : float, optional
        Share of photons with spin along their direction of flight, for sources other than Dalitz decays and
        Drell-Yan; by default 2/3, unpolarised.

    Raises
    ------
    UnknownNameError
        For a spin that does not exist.
    """
    Millicharged(spin)
    inside = list(innermost(source))
    share = ISOTROPIC if transverse is None else transverse
    if len(inside) == 1 and isinstance(inside[0], MesonDecay):
        return DalitzPairs(source, inside[0], spin)
    if len(inside) == 1 and isinstance(inside[0], Quarkonium):
        return NarrowPairs(inside[0], spin, share)
    if len(inside) == 1 and isinstance(inside[0], MakesPairs):
        return inside[0].pair_source(spin)
    return VirtualPhotonPairs(source, spin, share)


def of_sources(sources: Iterable[Source], spin: str = "dirac") -> list[PairSource]:
    """Sources of pairs behind sources of dark photons to which an overlap policy was applied.

    A quarkonium whose pole the policy leaves to another source makes no pairs.
    """
    return [pair_source(s, spin) for s in sources if _has_its_pole(s)]


def _has_its_pole(source: Source) -> bool:
    inner = next(innermost(source))
    low, high = source.valid
    return not isinstance(inner, Quarkonium) or low < inner.resonance.mass < high


def pair_sources(
    facility: Facility | str | Path,
    names: Sequence[str] | None = None,
    *,
    spin: str = "dirac",
    overlap: str | None = None,
    brem: str | None = None,
    form_factors: str | None = None,
    normalisation: str | None = None,
    nuclear: str | None = None,
) -> list[PairSource]:
    """Sources of pairs at a facility; parameters as for `darkbeam.production.assembly.choose_sources`.

    Examples
    --------
    >>> [s.name for s in pair_sources("SPS", ["meson:eta", "quarkonium:jpsi"])]
    ['meson:eta', 'quarkonium:jpsi']
    """
    from darkbeam.production.assembly import choose_sources  # slow to import

    choice = choose_sources(
        facility, names, overlap=overlap, brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear,
    )  # fmt: skip
    return of_sources(choice.sources, spin)
