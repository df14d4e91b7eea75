"""Double counting: which sources describe the same dark photons, and what to do about it (``--overlap``).

A dark photon that a hadron radiates is a virtual photon, and the virtual photon of a hadron is mostly a rho,
omega or phi.  So these overlap:

1. *Bremsstrahlung against mixing.*  The time-like form factor of the proton puts rho, omega and phi poles into
   bremsstrahlung: forward vector mesons emitted by the beam proton.  The spectra of vector mesons in
   fragmentation describe inclusive data, which contain those mesons too.  Between the pole regions the two
   have different emitters (the charge of the proton, the quarks of the string) and are added.
2. *Drell-Yan against both.*  Quark pairs of the two protons annihilate at all masses; below about 2 GeV the same
   virtual photon is described as hadronic.  By duality one of the two descriptions is enough at each mass.
3. *Prompt against decay vector mesons.*  ``mixing`` counts vector mesons of the string only.  Those from
   eta' -> gamma rho0 and phi -> pi0 rho0 are in the form factors of ``meson:etap`` and ``meson:rare``.  ``mixing-old``
   (|theta|^2 times the inclusive meson yield) contains them and is a second description of the mesons of ``mixing``.
4. *Initial-state radiation.*  No source radiates dark photons in Pythia's parton shower: it shapes the momenta of
   Drell-Yan and of the string behind ``mixing`` (1-2 % of the rate in dumps; 25-30 % at the LHC, where the spectra of
   the mesons have it, too).  Bremsstrahlung is the only radiation of the beam.
5. *Measured dileptons* (``dilepton:...``) contain every channel in their range of mass.

Policies.  ``sum``: add everything (arXiv:2409.11096).  ``brem-only``, ``mixing-only``: drop the other one.
``max``: at each mass the largest of bremsstrahlung, mixing and Drell-Yan.  ``matched`` (default): the
omega and phi poles are removed from bremsstrahlung (``brem_poles`` with strengths 0), since mixing has them,

    w_brem(m) = [1 - f_omega(m)] [1 - f_phi(m)]

and Drell-Yan takes over from both between m_1 = 1.5 and m_2 = 2.0 GeV,

    w_DY(m) = (m - m_1)/(m_2 - m_1),     w_hadronic(m) = 1 - w_DY(m).

``none`` leaves the list alone, to look at sources side by side: its total is not physical.  Rules 3 and 5
hold under every policy but ``none``.  A rule acts only if both of its sources are in the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.constants import M_ETAP
from darkbeam.errors import UnknownNameError
from darkbeam.production.brem_poles import PoleWeight, pole_backgrounds
from darkbeam.production.weighted import LargerSource, WeightedSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from darkbeam.production.source import Source
    from darkbeam.production.weighted import MassWeight

__all__ = [
    "DEFAULT_OVERLAP", "DRELL_YAN_FROM", "OVERLAPS", "Ramp", "Resolved",
    "apply_overlap", "resolve_overlap",
]  # fmt: skip

OVERLAPS = {
    "matched": "omega and phi poles from mixing alone; Drell-Yan instead of both from 1.5-2.0 GeV on",
    "sum": "everything added, as in arXiv:2409.11096",
    "brem-only": "bremsstrahlung without mixing",
    "mixing-only": "mixing without bremsstrahlung",
    "max": "at each mass the largest of bremsstrahlung, mixing and Drell-Yan",
    "none": "no rule; for comparing sources, the total counts twice",
}
"""Policies by name, with one line about each."""
DEFAULT_OVERLAP = "matched"

DRELL_YAN_FROM = (1.5, 2.0)
"""Masses in GeV between which Drell-Yan takes over."""
ETAP_RHO_FROM = 0.60
"""Mass in GeV above which eta' -> gamma A' is eta' -> gamma rho0 followed by mixing, and phi -> pi0 A' likewise."""

BREM, MIXING, MIXING_OLD, DRELL_YAN = "bremsstrahlung", "mixing", "mixing-old", "drell-yan"


@dataclass(frozen=True)
class Ramp:
    """Weight that rises linearly from 0 at ``low`` to 1 at ``high``; the reverse if ``falling``."""

    low: float = DRELL_YAN_FROM[0]
    high: float = DRELL_YAN_FROM[1]
    falling: bool = False

    def __call__(self, mass: float) -> float:
        """Return the weight at one mass."""
        rise = float(np.clip((mass - self.low) / (self.high - self.low), 0.0, 1.0))
        return 1.0 - rise if self.falling else rise


class Resolved(NamedTuple):
    """Sources to add, and what was done to them."""

    sources: list[Source]
    notes: tuple[str, ...]


def resolve_overlap(sources: Sequence[Source], name: str = DEFAULT_OVERLAP) -> Resolved:
    """Apply a policy and say what it changed.

    Parameters
    ----------
    sources : sequence of Source
        Names decide which rules apply; order is kept.
    name : str
        A key of `OVERLAPS`.

    Raises
    ------
    UnknownNameError
    """
    if name not in OVERLAPS:
        raise UnknownNameError("overlap policy", name, OVERLAPS)
    found = Resolved(list(sources), ())
    if name == "none":
        return found
    found = _measured(_one_mixing(found))
    if name == "brem-only":
        return _drop(found, (MIXING, MIXING_OLD), BREM)
    if name == "mixing-only":
        return _drop(found, (BREM,), *_mixing_in(found))
    if name == "max":
        return _largest(found)
    return _matched(found) if name == "matched" else found


def apply_overlap(sources: Sequence[Source], name: str = DEFAULT_OVERLAP) -> list[Source]:
    """Return the sources to add under a policy (see `resolve_overlap`).

    Examples
    --------
    >>> from darkbeam.production.bremsstrahlung import Bremsstrahlung
    >>> [s.name for s in apply_overlap([Bremsstrahlung("SPS")], "mixing-only")]
    ['bremsstrahlung']
    """
    return resolve_overlap(sources, name).sources


def _names(found: Resolved) -> set[str]:
    return {s.name for s in found.sources}


def _mixing_in(found: Resolved) -> tuple[str, ...]:
    return tuple(n for n in (MIXING, MIXING_OLD) if n in _names(found))


def _drop(found: Resolved, losers: Sequence[str], *winners: str) -> Resolved:
    """Leave out the losers if a winner is present."""
    names = _names(found)
    gone = [n for n in losers if n in names]
    if not gone or not any(w in names for w in winners):
        return found
    kept = [s for s in found.sources if s.name not in gone]
    note = f"{', '.join(gone)} left out: counted as {' and '.join(w for w in winners if w in names)}"
    return Resolved(kept, (*found.notes, note))


def _one_mixing(found: Resolved) -> Resolved:
    """Rule 3."""
    found = _drop(found, (MIXING_OLD,), MIXING)
    ending = [n for n in ("meson:etap", "meson:rare") if n in _names(found)]
    if MIXING_OLD not in _names(found) or not ending:
        return found
    verb, whose = ("ends", "its") if len(ending) == 1 else ("end", "their")
    note = f"{' and '.join(ending)} {verb} at {ETAP_RHO_FROM:g} GeV: {whose} rho0 is in {MIXING_OLD}"
    limits: dict[str, tuple[float, float]] = {n: (0.0, min(ETAP_RHO_FROM, M_ETAP)) for n in ending}
    return _wrap(found, limits, dict.fromkeys(limits, 1.0), note)


def _measured(found: Resolved) -> Resolved:
    """Rule 5: inside the range of measured dileptons nothing else is added."""
    data = [s for s in found.sources if s.name.startswith("dilepton")]
    if not data:
        return found
    low = min(s.valid[0] for s in data)
    high = max(s.valid[1] for s in data)
    out: list[Source] = []
    for s in found.sources:
        if s.name.startswith(("dilepton", "flux:")):
            out.append(s)
            continue
        if s.valid[0] < low:
            out.append(WeightedSource(s, limits=(0.0, low)))
        if s.valid[1] > high:
            out.append(WeightedSource(s, limits=(high, np.inf)))
    note = f"from {low:.3g} to {high:.3g} GeV measured dileptons stand for all other sources"
    return Resolved(out, (*found.notes, note))


def _largest(found: Resolved) -> Resolved:
    names = (BREM, MIXING, MIXING_OLD, DRELL_YAN)
    rivals = [s for s in found.sources if s.name in names]
    if len(rivals) < 2:
        return found
    best = LargerSource(tuple(rivals))
    kept = [s for s in found.sources if s.name not in names]
    return Resolved([*kept, best], (*found.notes, f"at each mass the largest of {best.name}"))


def _matched(found: Resolved) -> Resolved:
    if {BREM, MIXING} <= _names(found):
        note = f"omega and phi poles of {BREM} left to {MIXING}"
        brem = next(s for s in found.sources if s.name == BREM)
        weight = PoleWeight(pole_backgrounds(brem))
        found = _wrap(found, {BREM: (0.0, np.inf)}, {BREM: weight}, note)
    hadronic = [n for n in (BREM, MIXING, MIXING_OLD) if n in _names(found)]
    if DRELL_YAN not in _names(found) or not hadronic:
        return found
    low, high = DRELL_YAN_FROM
    limits = {DRELL_YAN: (low, np.inf)} | dict.fromkeys(hadronic, (0.0, high))
    weights = {DRELL_YAN: Ramp()} | dict.fromkeys(hadronic, Ramp(falling=True))
    note = f"{', '.join(hadronic)} handed over to {DRELL_YAN} from {low:g} to {high:g} GeV"
    return _wrap(found, limits, weights, note)


def _wrap(
    found: Resolved,
    limits: Mapping[str, tuple[float, float]],
    weights: Mapping[str, MassWeight | float],
    note: str,
) -> Resolved:
    sources: list[Source] = [
        WeightedSource(s, weights[s.name], limits[s.name]) if s.name in limits else s for s in found.sources
    ]
    return Resolved(sources, (*found.notes, note))
