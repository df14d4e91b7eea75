"""How each decay channel of a vector is sampled at rest: the registry of samplers.

A sampler turns (mass, event numbers) into a `Pool` of primary products.  Each family has its own module with current
and source; only neutrinos and three photons are flat phase space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from darkbeam.errors import UnknownNameError
from darkbeam.kinematics.phase_space import n_body

from .choice import stratified_choice
from .four_pion import FOUR_PION_CHARGED, FOUR_PION_NEUTRAL
from .hadron_library import sample_quarks
from .particles import mass_of
from .pool import Pool
from .setting import DEFAULT_SETTING
from .six_pion import SIX_PION_CHARGED, SIX_PION_NEUTRAL
from .three_body import THREE_BODY
from .two_body import TWO_BODY
from .vector_chains import VECTOR_CHAINS
from .vector_pseudoscalar import VECTOR_PSEUDOSCALAR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .setting import DecaySetting

__all__ = ["FINAL_STATES", "SAMPLERS", "PhaseSpace", "Sampler", "final_state_class"]

FINAL_STATES = ("ee", "mumu", "tautau", "hadrons")
"""Classes of final states that an experiment card may list."""
_OTHERS = {
    "e+e-": "ee", "mu+mu-": "mumu", "tau+tau-": "tautau", "hadrons": "hadrons", "3gamma": "photons",
    "nunu": "invisible", "invisible": "invisible",
}  # fmt: skip


class Sampler(Protocol):
    """Primary products of one channel."""

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay at rest (mass in GeV) for each of the ascending event numbers."""
        ...


@dataclass(frozen=True)
class PhaseSpace:
    """Flat phase space of equally likely templates of PDG ids."""

    templates: tuple[tuple[int, ...], ...]

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        _setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `Sampler`."""
        pool = Pool()
        choice = stratified_choice([1.0] * len(self.templates), len(events), rng)
        for k, ids in enumerate(self.templates):
            chosen = events[choice == k]
            momenta = n_body(mass, tuple(map(mass_of, ids)), len(chosen), rng)
            for pdg, p4 in zip(ids, momenta, strict=True):
                pool.add(pdg, chosen, p4)
        return pool


SAMPLERS: dict[str, Sampler] = {
    **TWO_BODY,
    **THREE_BODY,
    **VECTOR_PSEUDOSCALAR,
    **VECTOR_CHAINS,
    "2pi+2pi-": FOUR_PION_CHARGED,
    "pi+pi-2pi0": FOUR_PION_NEUTRAL,
    "3pi+3pi-": SIX_PION_CHARGED,
    "2pi+2pi-2pi0": SIX_PION_NEUTRAL,
    "quarks": sample_quarks,
    "nunu": PhaseSpace(((12, -12), (14, -14), (16, -16))),
    "3gamma": PhaseSpace(((22, 22, 22),)),
}
"""Sampler of each channel; "nunu" does not follow the flavour, "3gamma" has no matrix element."""


def final_state_class(channel: str) -> str:
    """Class of a decay channel: one of `FINAL_STATES`, or "invisible" or "photons", which no card counts.

    Examples
    --------
    >>> final_state_class("mu+mu-"), final_state_class("K+K-"), final_state_class("nunu")
    ('mumu', 'hadrons', 'invisible')
    """
    if channel not in SAMPLERS and channel not in _OTHERS:
        raise UnknownNameError("decay channel", channel, SAMPLERS)
    return _OTHERS.get(channel, "hadrons")
