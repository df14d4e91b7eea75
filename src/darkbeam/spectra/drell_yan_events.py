r"""Momenta of one vector per event from a hard process of Pythia 8, for shapes.

Multiparton interactions and hadronisation are off where the process allows it: the momentum of the vector is fixed
before.  Events whose vector leaves less than two nucleon masses for the rest are drawn again.  Proton-proton
collisions are symmetric in the centre of mass, so every event of a fixed target also counts mirrored,

    (E + pz) -> (m_T^2 / (E + pz)) P_+ / P_-,       P_+- the light-cone momenta of the collision

(at a collider the tables do the mirroring themselves).

Drell-Yan: Z' without interference (``Zprime:gmZmode = 3``) and with pure vector couplings v_f = 4 s_W c_W Q_f, a
narrow line at the mass, hard matrix element with NNPDF3.1 NNLO; the shower gives pT.  Only the shape is used, the
generator's cross-section depends on the width forced upon the line.  Intrinsic kT: the width 1.8 GeV of the Monash
tune (arXiv:1404.5630) is a fit at the LHC and makes <pT> 1.8 GeV at 400 GeV; the width needed grows with energy
(CMS, arXiv:2409.17770).  At fixed target it is 1.0 GeV, which gives <pT> = 1.1 to 1.2 GeV for masses of 5 to 9 GeV in
400 GeV collisions as measured by E288 (Phys. Rev. D23 (1981) 604), and the 1.2 GeV at 800 GeV of the form
(1 + pT^2/p_0^2)^-6, p_0 = 2.8 GeV, that describes E605 (Phys. Rev. D43 (1991) 2815).

Quarkonium: direct production of the state, colour singlet and octets, pT_hat above 0.5 GeV.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_P
from darkbeam.errors import ValueRangeError

from .build import build_table
from .generator import Block, pythia_version
from .species import N_BLOCKS, Species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .spectrum import Table

__all__ = ["drell_yan_settings", "make_shape", "quarkonium_settings", "vector_momenta"]

HARD_PDF = "NNPDF31_nnlo_as_0118_luxqed_0000.dat"
"""Grid of the hard matrix element."""
_KT_FIXED_TARGET = 1.0
_SIN2 = 0.2312
Z_PRIME = 32
_STATES = {
    443: ("Charmonium", "cc", "{on,off}"),
    100443: ("Charmonium", "cc", "{off,on}"),
    553: ("Bottomonium", "bb", "{on,off,off}"),
}
"""Family, quark pair and position of the states that can be made."""


def _beams(facility: Facility) -> tuple[str, ...]:
    common = ("Beams:idA = 2212", "Beams:idB = 2212")
    if facility.collider:
        return (*common, f"Beams:eCM = {2.0 * facility.beam_energy}")
    return (*common, "Beams:frameType = 2", f"Beams:eA = {facility.beam_energy}", "Beams:eB = 0.")


def drell_yan_settings(facility: Facility, mass: float) -> tuple[str, ...]:
    """Pythia settings of q qbar -> A' at a mass (GeV), apart from the seed."""
    g = 4.0 * np.sqrt(_SIN2 * (1.0 - _SIN2))
    low, high = 0.98 * mass, 1.02 * mass
    kt = () if facility.collider else (f"BeamRemnants:primordialKThard = {_KT_FIXED_TARGET}",)
    return (
        *_beams(facility), *kt, "NewGaugeBoson:ffbar2gmZZprime = on", "Zprime:gmZmode = 3",
        f"32:m0 = {mass}", "32:mWidth = 0.0001", "32:doForceWidth = on", f"32:mMin = {low}", f"32:mMax = {high}",
        f"PhaseSpace:mHatMin = {low}", f"PhaseSpace:mHatMax = {high}", "32:onMode = off", "32:onIfAny = 11",
        "Zprime:universality = on", f"Zprime:vd = {-g / 3.0:.6f}", f"Zprime:vu = {2.0 * g / 3.0:.6f}",
        f"Zprime:ve = {-g:.6f}", "Zprime:ad = 0", "Zprime:au = 0", "Zprime:ae = 0", "Zprime:vnue = 0",
        "Zprime:anue = 0", "PDF:useHard = on", f"PDF:pHardSet = LHAGrid1:{HARD_PDF}",
        "PartonLevel:MPI = off", "PartonLevel:FSR = off", "HadronLevel:all = off",
    )  # fmt: skip


def quarkonium_settings(facility: Facility, pdg: int) -> tuple[str, ...]:
    """Pythia settings of direct production of a quarkonium, apart from the seed."""
    family, pair, state = _STATES[pdg]
    processes = [f"{family}:gg2{pair}bar(3S1)[3S1(1)]g = {state}"]
    for octet in ("3S1(8)", "1S0(8)", "3PJ(8)"):
        for partons, emitted in (("gg", "g"), ("qg", "q"), ("qqbar", "g")):
            processes.append(f"{family}:{partons}2{pair}bar(3S1)[{octet}]{emitted} = {state}")
    kt = () if facility.collider else (f"BeamRemnants:primordialKThard = {_KT_FIXED_TARGET}",)
    return (
        *_beams(facility), *kt, *processes, "PhaseSpace:pTHatMin = 0.5", "PartonLevel:MPI = off",
        f"{pdg}:mayDecay = off",
    )  # fmt: skip


def _last_copy(event: Any, pdg: int) -> Any:
    """Last copy of the first particle of a kind, or None."""
    for q in event:
        if abs(q.id()) == pdg:
            return event[q.iBotCopyId()]
    return None


def vector_momenta(
    settings: Sequence[str], pdg: int, n: int, seed: int, limit: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """(pT, pz, m) of the vector in n events, GeV, shape (3, n).

    Parameters
    ----------
    settings : sequence of str
        As Pythia reads them.
    pdg : int
        Id of the vector in the event record.
    n, seed : int
    limit : tuple of float, optional
        Light-cone momenta (E + pz, E - pz) of the collision; events that leave less than two nucleon masses to
        the rest are drawn again.
    """
    pythia_version()
    generator = import_module("pythia8mc").Pythia("", False)
    for line in ("Print:quiet = on", "Random:setSeed = on", f"Random:seed = {seed}", *settings):
        if not generator.readString(line):
            raise ValueRangeError(f"Pythia refuses the setting {line!r}")
    if not generator.init():
        raise ValueRangeError(f"Pythia cannot be initialised with {' '.join(settings)}")
    rows = array("d")
    tries = 0
    while len(rows) < 3 * n:
        tries += 1
        if tries > 20 * n + 1000:
            raise ValueRangeError("Pythia makes hardly any event that momentum conservation allows")
        vector = _last_copy(generator.event, pdg) if generator.next() else None
        if vector is None:
            continue
        pt, pz, m = vector.pT(), vector.pz(), vector.m()
        if limit is not None:
            energy = np.sqrt(m * m + pt * pt + pz * pz)
            left = (limit[0] - energy - pz) * (limit[1] - energy + pz) - pt * pt
            if left < (2.0 * M_P) ** 2:
                continue
        rows.extend((pt, pz, m))
    return np.frombuffer(rows, dtype=np.float64).reshape(-1, 3).T.copy()


def _mirrored(facility: Facility, momenta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(pT, pz) with the mirror image in the centre of mass appended, at fixed target."""
    pt, pz, m = momenta
    if facility.collider:
        return momenta[:2]
    mt2 = m * m + pt * pt
    energy = np.sqrt(mt2 + pz * pz)
    minus = np.where(pz > 0.0, mt2 / (energy + pz), energy - pz)
    plus = minus * facility.total[0] / facility.total[1]
    return np.stack([np.concatenate([pt, pt]), np.concatenate([pz, 0.5 * (plus - mt2 / plus)])])


def make_shape(
    facility: Facility, mass: float, settings: Sequence[str], pdg: int, n_events: int, seed: int
) -> tuple[Table, dict[str, float]]:
    """Table of one vector of a mass (GeV), and what the sample says about itself.

    Parameters
    ----------
    facility : Facility
    mass : float
        GeV.
    settings : sequence of str
        As Pythia reads them.
    pdg : int
        Id of the vector in the event record.
    n_events : int
        Rounded up to a multiple of the number of blocks, which are consecutive stretches of the events.
    seed : int
    """
    species = Species("vector", (pdg,), mass, 2.0 * M_P)
    per_block = -(-n_events // N_BLOCKS)
    momenta = vector_momenta(settings, pdg, per_block * N_BLOCKS, seed, facility.total)
    blocks = []
    for part in np.split(momenta, N_BLOCKS, axis=1):
        both = _mirrored(facility, part).astype(np.float32)
        # build_table mirrors at a collider
        entries = per_block if facility.collider else 2 * per_block
        blocks.append(Block(seed, entries, 0, 0.0, {species.name: both}, {species.name: 0}))
    about = {
        "mass_GeV": mass, "n_events": per_block * N_BLOCKS, "seed": seed,
        "mean_pT_GeV": float(momenta[0].mean()), "mean_abs_pz_GeV": float(np.abs(momenta[1]).mean()),
    }  # fmt: skip
    return replace(build_table(facility, species, blocks), multiplicity=1.0), about
