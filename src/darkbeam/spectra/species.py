"""Mothers whose spectra are stored, and the blocks of a generator sample."""

from __future__ import annotations

from dataclasses import dataclass

from darkbeam.constants import M_DELTA, M_ETA, M_ETAP, M_OMEGA, M_P, M_PHI, M_PI0, M_RHO

__all__ = ["N_BLOCKS", "SPECIES", "Species"]

N_BLOCKS = 20
"""Disjoint blocks of a generator sample, one seed each; they become the blocks of every flux."""


@dataclass(frozen=True)
class Species:
    """A mother particle.

    Attributes
    ----------
    name : str
    pdg : tuple of int
        PDG ids that are counted; the Deltas include their antiparticles, which decay alike.
    mass : float
        Nominal mass, GeV, used whenever a momentum is turned into an energy.
    recoil : float
        Least mass of what recoils in a proton-proton collision, GeV.
    """

    name: str
    pdg: tuple[int, ...]
    mass: float
    recoil: float


SPECIES = {
    s.name: s
    for s in (
        Species("pi0", (111,), M_PI0, 2.0 * M_P),
        Species("eta", (221,), M_ETA, 2.0 * M_P),
        Species("etap", (331,), M_ETAP, 2.0 * M_P),
        Species("rho0", (113,), M_RHO, 2.0 * M_P),
        Species("omega", (223,), M_OMEGA, 2.0 * M_P),
        Species("phi", (333,), M_PHI, 2.0 * M_P),
        Species("Delta+", (2214, -2214), M_DELTA, M_P),
        Species("Delta0", (2114, -2114), M_DELTA, M_P),
    )
}
"""Mothers whose spectra are stored, by name."""
