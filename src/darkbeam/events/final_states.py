"""Final states of the decays: which channels, with their whole history, in the lab and in space.

Channels follow the branching ratios among those asked for.  A decay at rest has its intermediate particles (tau, pi0,
omega, ...); what flies a visible distance (K_S, hyperons) decays at the vertex, or where it flies to.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays import DecaySetting, Products, final_state_class, sample_rest
from darkbeam.decays.channels import SAMPLERS
from darkbeam.decays.choice import child_streams, stratified_choice
from darkbeam.decays.hadron_library import repeats
from darkbeam.decays.imported import HADRONS, ImportedDecays, is_hadronic
from darkbeam.decays.in_flight import decay_in_flight
from darkbeam.decays.particles import LONG_LIVED
from darkbeam.decays.pool import Pool
from darkbeam.decays.pythia_quarks import PythiaQuarks
from darkbeam.decays.secondary import decay_all
from darkbeam.errors import MissingExtraError, UnknownNameError, ValueRangeError
from darkbeam.kinematics import boost_from_rest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from darkbeam.events.settings import EventSettings
    from darkbeam.sensitivity.setup import Setup

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["FinalStates", "Particles", "choose_channels", "use_pythia"]

QUARKS = "quarks"
ALL = "all"
MANY_REPEATS = 2.0
"""With ``pythia="auto"``: average use of a library decay above which Pythia takes over."""


@dataclass(frozen=True, eq=False)
class Particles:
    """Particles of n decays in the lab, one decay behind the other.

    Attributes
    ----------
    channel : array of int, shape (n,)
    row, pdg, status, mother : arrays of int, shape (N,)
        Decay of each particle, and as in `darkbeam.events.Events`.
    p4 : array, shape (4, N)
    vertex : array, shape (3, N)
    time : array, shape (N,)
    """

    channel: Ints
    row: Ints
    pdg: Ints
    status: Ints
    mother: Ints
    p4: Floats
    vertex: Floats
    time: Floats

    def take(self, rows: Ints) -> Particles:
        """Particles of some decays, in ascending order."""
        place = np.full(len(self.channel), -1)
        place[rows] = np.arange(len(rows))
        to = place[self.row]
        at = np.flatnonzero(to >= 0)
        return Particles(
            self.channel[rows], to[at], self.pdg[at], self.status[at], self.mother[at], self.p4[:, at],
            self.vertex[:, at], self.time[at],
        )  # fmt: skip


@dataclass(frozen=True)
class _Branching:
    """Decay model of one mass, with its branching ratios at hand."""

    ratios: Mapping[str, float]

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.ratios)

    def branching(self, mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
        return {name: np.full(np.shape(mass), b) for name, b in self.ratios.items()}


def choose_channels(setup: Setup, mass: float, names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Open channels of a list; those that the experiment counts if None.

    Raises
    ------
    UnknownNameError, ValueRangeError
        The latter for a closed channel, or if nothing is left.
    """
    ratios = setup.branching(mass)
    opened = [c for c, b in ratios.items() if b > 0.0]
    if names is None:
        found = [c for c in opened if final_state_class(c) in setup.experiment.final_states]
        if not found:
            counted = ", ".join(setup.experiment.final_states)
            raise ValueRangeError(
                f"{setup.experiment.name} counts {counted}, and none of them is open at {mass:g} GeV"
            )
        return tuple(found)
    words = {ALL: [c for c in opened if c in SAMPLERS], HADRONS: [c for c in opened if is_hadronic(c)]}
    found = []
    for name in names:
        if name not in ratios and name not in words:
            raise UnknownNameError("decay channel", name, (*words, *ratios))
        part = words.get(name, [name] if name in opened else [])
        if not part:
            raise ValueRangeError(f"the channel {name} is closed at {mass:g} GeV; open: {', '.join(opened)}")
        if part[0] not in SAMPLERS:
            raise ValueRangeError(f"the channel {name} has no final state to sample; leave it out")
        found += part
    return tuple(dict.fromkeys(found))


def use_pythia(settings: EventSettings, setup: Setup, masses: list[float]) -> bool:
    """Whether quarks are hadronised on the fly: one answer for a whole run, part of its card.

    Raises
    ------
    MissingExtraError
        If it is asked for and Pythia is not installed.
    """
    installed = importlib.util.find_spec("pythia8mc") is not None
    if settings.pythia == "on" and not installed:
        raise MissingExtraError("--pythia on", "pythia")
    imported = bool(settings.hadrons) or setup.hadrons is not None
    if settings.pythia == "on" and imported:
        raise ValueRangeError("--pythia on and --hadrons exclude each other: both make the hadronic decays")
    if settings.pythia != "auto" or imported or not installed:
        return settings.pythia == "on"
    made = [FinalStates.build(setup, m, settings, None, pythia=False) for m in masses]
    return any(one.stored_repeats(settings.n) > MANY_REPEATS for one in made)


@dataclass(frozen=True, eq=False)
class FinalStates:
    """Sampler of the final states at one mass.

    Attributes
    ----------
    mass : float
        GeV.
    ratios : mapping of str to float
        Branching ratios of all channels.
    channels : tuple of str
        Those that are made.
    setting : DecaySetting
    in_flight, pythia : bool
    """

    mass: float
    ratios: Mapping[str, float]
    channels: tuple[str, ...]
    setting: DecaySetting
    in_flight: bool
    pythia: bool

    @classmethod
    def build(
        cls,
        setup: Setup,
        mass: float,
        settings: EventSettings,
        hadrons: ImportedDecays | None,
        *,
        pythia: bool,
    ) -> FinalStates:
        """Sampler of what the settings ask for."""
        charges = setup.model.charges_at(mass)
        quarks = {"c": charges.c, "b": charges.b}
        channels = choose_channels(setup, mass, settings.channels)
        setting = DecaySetting(charges.couplings, quarks=quarks, hadrons=hadrons)
        made = cls(mass, setup.branching(mass), channels, setting, settings.in_flight, pythia)
        if hadrons is not None and any(map(is_hadronic, channels)):
            hadrons.list_for(mass)
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all channels, in the order of their numbers."""
        return (*self.ratios, HADRONS)

    @property
    def visible(self) -> float:
        """Branching ratio into the channels that are made."""
        return float(sum(self.ratios[c] for c in self.channels))

    @property
    def quarks(self) -> float:
        """Part of the decays that are hadronised."""
        return self.ratios[QUARKS] / self.visible if QUARKS in self.channels else 0.0

    def stored_repeats(self, n: int) -> float:
        """Average use of each library decay among ``n`` decays; 0 where the library is not used."""
        quarks = round(n * self.quarks)
        if self.pythia or self.setting.hadrons is not None or not quarks:
            return 0.0
        return repeats(quarks, self.mass, self.setting)

    def notes(self, n: int) -> list[str]:
        """Remarks on stored decays that are used again in a run of ``n`` events."""
        found = []
        if (times := self.stored_repeats(n)) > 1.0:
            found.append(
                f"{self.mass:g} GeV: stored hadronised decays are used {times:.2g} times each, turned in space; "
                "--pythia on makes new ones"
            )
        hadrons = self.setting.hadrons
        part = sum(self.ratios[c] for c in self.channels if is_hadronic(c)) / self.visible
        if hadrons is not None and (again := hadrons.repeats(self.mass, round(n * part))):
            source = hadrons.list_for(self.mass)
            found.append(
                f"{self.mass:g} GeV: {again} decays of {source.file} repeat another one, turned in space"
            )
        return found

    def at_rest(self, n: int, rng: np.random.Generator) -> Products:
        """Sample decays at rest with their history."""
        stable = LONG_LIVED if self.in_flight else frozenset[int]()
        model = _Branching(self.ratios)
        if not (self.pythia and self.quarks):
            return sample_rest(
                model, self.mass, n, rng, self.channels, self.setting, stable=stable, history=True
            )
        rest_rng, quark_rng, secondary = child_streams(rng, 3)
        is_quark = stratified_choice([1.0 - self.quarks, self.quarks], n, rng) == 1
        count = int(is_quark.sum())
        pool = Pool(history=True)
        pool.merge(PythiaQuarks()(self.mass, np.arange(count), quark_rng, self.setting))
        record = decay_all(pool, secondary, stable).pack_history(count)
        number = np.full(count, model.channels.index(QUARKS))
        made = Products(
            number, model.channels, record.pdg, record.p4, np.ones(count), record.mother, record.status
        )
        others = tuple(c for c in self.channels if c != QUARKS)
        if count == n or not others:
            return made
        rest = sample_rest(
            model, self.mass, n - count, rest_rng, others, self.setting, stable=stable, history=True
        )
        return _interleave(is_quark, made, rest)

    def sample(self, parent: Floats, vertex: Floats, time: Floats, rng: np.random.Generator) -> Particles:
        """Sample one decay for each decaying particle.

        Parameters
        ----------
        parent : array, shape (4, n)
            Lab momenta, GeV.
        vertex : array, shape (3, n)
            Decay points, m.
        time : array, shape (n,)
            c t of the decays, m.
        rng : numpy.random.Generator
        """
        rest_rng, flight_rng = child_streams(rng, 2)
        made = self.at_rest(parent.shape[1], rest_rng)
        assert made.mother is not None
        assert made.status is not None
        if self.in_flight and np.isin(np.abs(made.pdg), list(LONG_LIVED)).any():
            p4 = boost_from_rest(made.p4, parent[:, :, None], self.mass)
            p4[:, made.pdg == 0] = 0.0
            fly = decay_in_flight(
                made.pdg,
                p4,
                vertex,
                flight_rng,
                LONG_LIVED,
                time=time,
                mother=made.mother,
                status=made.status,
            )
            at = np.nonzero(fly.pdg)
            ids, status, mother = fly.pdg[at], fly.status[at], fly.mother[at]
            flat, start, begun = fly.p4[:, at[0], at[1]], fly.vertex[:, at[0], at[1]], fly.time[at]
        else:
            at = np.nonzero(made.pdg)
            ids, status, mother = made.pdg[at], made.status[at], made.mother[at]
            flat = boost_from_rest(made.p4[:, at[0], at[1]], parent[:, at[0]], self.mass)
            start, begun = vertex[:, at[0]], time[at[0]]
        return Particles(made.channel, at[0], ids, status.astype(np.int64), mother, flat, start, begun)


def _interleave(first: NDArray[np.bool_], a: Products, b: Products) -> Products:
    """Decays of ``a`` where ``first`` is true, those of ``b`` elsewhere."""
    n, k = len(first), max(a.pdg.shape[1], b.pdg.shape[1])
    channel, weight = np.zeros(n, dtype=np.int64), np.ones(n)
    pdg, mother = np.zeros((n, k), dtype=np.int64), np.full((n, k), -1)
    status, p4 = np.zeros((n, k), dtype=np.int8), np.zeros((4, n, k))
    for mask, part in ((first, a), (~first, b)):
        width = part.pdg.shape[1]
        channel[mask], weight[mask] = part.channel, part.weight
        pdg[mask, :width], mother[mask, :width], status[mask, :width] = part.pdg, part.mother, part.status
        p4[:, mask, :width] = part.p4
    return Products(channel, b.names, pdg, p4, weight, mother, status)
