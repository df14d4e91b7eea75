"""How each decay channel of a vector is sampled at rest: the registry of samplers.

A sampler turns (mass, event numbers) into a `Pool` of primary products.  Everything here is flat phase space
over one or more templates of particles; a sampler with a matrix element replaces its entry in `SAMPLERS`.
"other" has no entry: `darkbeam.decays.sampling` shares it among the remaining exclusive channels in
proportion to their own widths, so that its charged multiplicity is the exclusive model's (0, 2, 4, 6
charged: 4, 46, 47, 3 % of all hadronic decays at 1.9 GeV when K_S, eta, omega and phi decays are counted).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from darkbeam.errors import UnknownNameError
from darkbeam.kinematics.phase_space import n_body

from .choice import stratified_choice
from .jets import sample_quarks
from .particles import OMEGA_RADIATIVE, anti, mass_of
from .pool import Pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FINAL_STATES", "NAMES", "SAMPLERS", "PhaseSpace", "Sampler", "final_state_class"]

FINAL_STATES = ("ee", "mumu", "tautau", "hadrons")
"""Classes of final states that an experiment card may list."""
_LEPTONS = {"e+e-": "ee", "mu+mu-": "mumu", "tau+tau-": "tautau"}


class Sampler(Protocol):
    """Primary products of one channel."""

    def __call__(self, mass: float, events: NDArray[np.int64], rng: np.random.Generator, /) -> Pool:
        """Sample one decay at rest (mass in GeV) for each of the ascending event numbers."""
        ...


@dataclass(frozen=True)
class PhaseSpace:
    """Flat phase space of templates (weight, PDG ids); closed templates are left out at a given mass.

    With ``conjugate`` half of the decays are the charge-conjugate state.
    """

    templates: tuple[tuple[float, tuple[int, ...]], ...]
    conjugate: bool = False

    def __call__(self, mass: float, events: NDArray[np.int64], rng: np.random.Generator, /) -> Pool:
        """Sample one decay for each event, see `Sampler`."""
        open_ = [(w, ids) for w, ids in self.templates if sum(map(mass_of, ids)) < mass]
        if self.conjugate:
            open_ += [(w, tuple(anti(i) for i in ids)) for w, ids in open_]
        pool = Pool()
        single = len(open_) == 1
        choice = None if single else stratified_choice([w for w, _ in open_], len(events), rng)
        for k, (_, ids) in enumerate(open_):
            chosen = events if choice is None else events[choice == k]
            momenta = n_body(mass, tuple(map(mass_of, ids)), len(chosen), rng)
            for pdg, p4 in zip(ids, momenta, strict=True):
                pool.add(pdg, chosen, p4)
        return pool


def _one(*ids: int, conjugate: bool = False) -> PhaseSpace:
    return PhaseSpace(((1.0, ids),), conjugate)


SAMPLERS: dict[str, Sampler] = {
    "e+e-": _one(11, -11),
    "mu+mu-": _one(13, -13),
    "tau+tau-": _one(15, -15),
    "pi+pi-": _one(211, -211),
    "pi+pi-pi0": _one(211, -211, 111),
    "2pi+2pi-": _one(211, 211, -211, -211),
    "pi+pi-2pi0": _one(211, -211, 111, 111),
    "K+K-": _one(321, -321),
    "K0K0bar": _one(310, 130),
    "K_LK_Spi0": _one(310, 130, 111),
    "K+K-pi0": _one(321, -321, 111),
    "K0K+-pi-+": _one(311, 321, -211, conjugate=True),
    "pi0gamma": _one(111, 22),
    "quarks": sample_quarks,
    "etagamma": _one(221, 22),
    "omegapi0(pi0gamma)": _one(OMEGA_RADIATIVE, 111),
    "etapi+pi-": _one(221, 211, -211),
    "etaprimepi+pi-": _one(331, 211, -211),
    "omegapipi": PhaseSpace(((2.0, (223, 211, -211)), (1.0, (223, 111, 111)))),
    "phipipi": PhaseSpace(((2.0, (333, 211, -211)), (1.0, (333, 111, 111)))),
    "K+K-pi+pi-": _one(321, -321, 211, -211),
    "K_SK+-pi-+pi0": _one(311, 321, -211, 111, conjugate=True),
    "etaomega": _one(221, 223),
    "etaphi": _one(221, 333),
    "phipi0": _one(333, 111),
    "3pi+3pi-": _one(211, 211, 211, -211, -211, -211),
    "2pi+2pi-2pi0": _one(211, 211, -211, -211, 111, 111),
    "ppbar": _one(2212, -2212),
    "nnbar": _one(2112, -2112),
}
"""Sampler of each channel and of each exclusive channel inside "other"."""
NAMES = (*SAMPLERS, "other")
"""Channel names that `final_state_class` knows."""


def final_state_class(channel: str) -> str:
    """Class of a decay channel: one of `FINAL_STATES`.

    Examples
    --------
    >>> final_state_class("mu+mu-"), final_state_class("K+K-")
    ('mumu', 'hadrons')
    """
    if channel not in NAMES:
        raise UnknownNameError("decay channel", channel, NAMES)
    return _LEPTONS.get(channel, "hadrons")
