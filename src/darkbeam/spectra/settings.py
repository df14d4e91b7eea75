"""Pythia 8 settings of each kind of facility.

Fixed target: p(E) + p at rest, ``SoftQCD:inelastic``, Monash tune (arXiv:1404.5630).  Mesons and baryons
with proper lifetimes above 1 mm (K_S, hyperons) interact in the dump before they decay, so their decay
products are left out (``ParticleDecays:tau0Max = 1``, in mm/c).  Colliders: pp in vacuum, all decays kept,
remnant parameters of the forward tune of arXiv:2309.08604.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darkbeam.facilities import Facility

__all__ = ["generator_settings"]

FORWARD_TUNE = (
    "BeamRemnants:dampPopcorn = 0",
    "BeamRemnants:hardRemnantBaryon = on",
    "BeamRemnants:aRemnantBaryon = 0.36",
    "BeamRemnants:bRemnantBaryon = 1.69",
    "BeamRemnants:primordialKTsoft = 0.58",
    "BeamRemnants:primordialKThard = 1.8",
    "BeamRemnants:halfScaleForKT = 10",
    "BeamRemnants:halfMassForKT = 1",
    "BeamRemnants:primordialKTremnant = 0.58",
)
"""Forward tune of Pythia 8 for the LHC, arXiv:2309.08604."""

DUMP_LIFETIME_CUT = ("ParticleDecays:limitTau0 = on", "ParticleDecays:tau0Max = 1.")
"""Particles with c tau0 > 1 mm stay undecayed: in a dump they interact first."""


def generator_settings(facility: Facility) -> tuple[str, ...]:
    """Pythia 8 settings of a facility, apart from the seed."""
    common = ("Beams:idA = 2212", "Beams:idB = 2212", "SoftQCD:inelastic = on")
    if facility.collider:
        return (*common, f"Beams:eCM = {2.0 * facility.beam_energy}", *FORWARD_TUNE)
    frame = ("Beams:frameType = 2", f"Beams:eA = {facility.beam_energy}", "Beams:eB = 0.")
    return (*common, *frame, *DUMP_LIFETIME_CUT)
