r"""q qbar at rest made into hadrons by Pythia 8 (extra ``pythia``), one decay at a time.

Pythia is used at hadron level only: a colour singlet q qbar along z with energies m/2 each, an optional shower, then
strings and decays of everything but `darkbeam.decays.hadronisation.LEFT`.  A K0 becomes K_S or K_L, with C respected
where it decides.  What is forbidden or failed is drawn again and counted; partons are never passed on.

Speed: the strings take 40 us a decay at 2.5 GeV and 100 us at 8 GeV, and reading the event record from Python about
as much again (0.3 us a call); pools that are rarer in u ubar than wanted cost some decays more.  Pythia's batch
interface (``nextBatch``) needs another dependency and cannot take a user's partons.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MissingExtraError, ValueRangeError

from .c_parity import forbidden, g_parity, kaon_pair, two_pseudoscalars
from .charm_threshold import open_pairs, pair_momentum, pair_share
from .choice import stratified_choice
from .hadron_library import heavy_charges, library
from .hadronisation import SETTINGS, check_mass, pool_shares, shower_probability
from .hadronisation_events import RestEvents
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from .pool import Pool
    from .setting import DecaySetting

    Rows = list[tuple[float, ...]]

__all__ = ["PythiaQuarks", "QuarkGenerator"]

_QUARKS = {"d": 1, "u": 2, "s": 3, "c": 4, "b": 5}
_HEAVY = ("c", "b")
_PARTONS = frozenset({*range(-8, 9), 21})
_MAX_SEED = 900_000_000
_MAX_TRIES = 1000
"""Draws in a row that may fail before giving up."""


class QuarkGenerator:
    """One Pythia instance for decays to quarks; start it with `start`.

    Attributes
    ----------
    counts : Counter
        Decays "made", "failed" (Pythia gave up), "forbidden" (by C or G), "two-body" (drawn again).
    """

    def __init__(self) -> None:
        try:
            generator = import_module("pythia8mc").Pythia("", False)
        except ImportError:
            raise MissingExtraError("hadronisation on the fly", "pythia") from None
        for line in ("Print:quiet = on", *SETTINGS):
            if not generator.readString(line):
                raise ValueRangeError(f"Pythia refuses the setting {line!r}")
        if not generator.init():
            raise ValueRangeError("Pythia cannot be initialised for decays at rest")
        self.counts: Counter[str] = Counter()
        self._pythia: Any = generator
        self.start(np.random.default_rng(1))

    def start(self, rng: np.random.Generator) -> None:
        """Start the generator's random numbers anew from ``rng``."""
        self._rng = rng
        self._pythia.rndm.init(int(rng.integers(1, _MAX_SEED)))

    @staticmethod
    def version() -> str:
        """Name and version of the generator."""
        return f"pythia8mc {version('pythia8mc')}"

    def _string(self, flavour: str, mass: float) -> bool:
        """Hadronise one q qbar; False if Pythia gives up."""
        pythia, pdg = self._pythia, _QUARKS[flavour]
        event = pythia.event
        event.reset()
        m_q = min(pythia.particleData.m0(pdg), 0.49 * mass)
        pz = sqrt(0.25 * mass**2 - m_q**2)
        first = event.append(pdg, 23, 101, 0, 0.0, 0.0, pz, 0.5 * mass, m_q, mass)
        last = event.append(-pdg, 23, 0, 101, 0.0, 0.0, -pz, 0.5 * mass, m_q, mass)
        if self._rng.random() < shower_probability(mass):
            pythia.forceTimeShower(first, last, mass)
        return bool(pythia.forceHadronLevel())

    def _heavy_pair(self, flavour: str, mass: float) -> bool:
        """Decay one pair of heavy mesons; False if Pythia gives up."""
        pairs, probabilities = open_pairs(flavour, mass)
        pair = pairs[self._rng.choice(len(pairs), p=probabilities)]
        p = pair_momentum(mass, pair)
        event = self._pythia.event
        event.reset()
        data = self._pythia.particleData
        for pdg, pz in zip(pair.ids, (p, -p), strict=True):
            m = data.m0(pdg)
            event.append(pdg, 83, 0, 0, 0.0, 0.0, pz, sqrt(m * m + p * p), m)
        return bool(self._pythia.forceHadronLevel())

    def _attempt(self, flavour: str, mass: float) -> tuple[str, list[int], list[Any]] | None:
        """One try: pool, ids and final particles, or None if it is to be drawn again."""
        pairs = flavour in _HEAVY and self._rng.random() < pair_share(flavour, mass)
        if not (self._heavy_pair(flavour, mass) if pairs else self._string(flavour, mass)):
            self.counts["failed"] += 1
            return None
        primaries: list[int] = []
        ids: list[int] = []
        final: list[Any] = []
        event = self._pythia.event
        for i in range(1, event.size()):  # indices are twice as fast as iteration
            particle = event[i]
            status, pdg = particle.status(), particle.id()
            if 81 <= abs(status) <= 89:
                primaries.append(pdg)
            if status > 0:
                ids.append(pdg)
                final.append(particle)
        if not _PARTONS.isdisjoint(ids):
            self.counts["failed"] += 1
            return None
        light = flavour not in _HEAVY  # weak decays of D and B do not respect C
        parity = g_parity(primaries) if light else 0
        if forbidden(primaries) or (light and forbidden(ids)) or (flavour == "s" and parity == 1):
            self.counts["forbidden"] += 1
            return None
        if two_pseudoscalars(primaries):
            self.counts["two-body"] += 1
            return None
        pool = flavour if flavour not in {"u", "d"} or parity == 0 else _ISOSPIN[parity]
        return pool, ids, final

    def _rows(self, flavour: str, ids: list[int], final: list[Any]) -> Rows:
        """(PDG id, px, py, pz) of the hadrons, every K0 turned into K_S or K_L."""
        pair = kaon_pair(ids) if 311 in ids and flavour not in _HEAVY else ""
        rows: Rows = []
        previous = 0
        for pdg, particle in zip(ids, final, strict=True):
            new = pdg
            if abs(pdg) == 311:
                new = 310 if self._rng.random() < 0.5 else 130
                if pair and previous:
                    new = previous if pair == "equal" else 440 - previous
                previous = new
            rows.append((new, particle.px(), particle.py(), particle.pz()))
        return rows

    def decay(
        self, flavour: str, mass: float, wanted: Callable[[str], bool] = lambda _: True
    ) -> tuple[str, Rows]:
        """Hadronise one pair of quarks of a flavour (d, u, s, c, b) at rest.

        Parameters
        ----------
        flavour : str
        mass : float
            GeV.
        wanted : callable
            Whether hadrons of a pool are of use; if not, they are not read.

        Returns
        -------
        pool : str
            One of `darkbeam.decays.hadronisation.POOLS`.
        rows : list of tuple
            (PDG id, px, py, pz) of every hadron, GeV; the quarks were along z.
        """
        for _ in range(_MAX_TRIES):
            found = self._attempt(flavour, mass)
            if found is not None:
                self.counts["made"] += 1
                pool, ids, final = found
                return pool, self._rows(flavour, ids, final) if wanted(pool) else []
        raise ValueRangeError(f"Pythia makes no hadrons of {flavour} quarks at {mass:g} GeV")

    def fill(self, mass: float, wanted: Mapping[str, int]) -> dict[str, list[Rows]]:
        """Given numbers of decays of each pool at one mass (GeV).

        Both u and d make what the isovector and isoscalar pools want (they differ by isospin only).
        """
        made: dict[str, list[Rows]] = {pool: [] for pool in wanted}

        def needed(pool: str) -> bool:
            return pool in made and len(made[pool]) < wanted[pool]

        for pool in sorted(wanted, key=lambda name: name.startswith("iso")):
            while needed(pool):
                found, rows = self.decay("u" if pool.startswith("iso") else pool, mass, needed)
                if rows:
                    made[found].append(rows)
        return made


_ISOSPIN = {1: "isovector", -1: "isoscalar"}


@lru_cache(maxsize=1)
def _generator() -> QuarkGenerator:
    """The generator of this process; every sampling starts it anew."""
    return QuarkGenerator()


@dataclass(frozen=True)
class PythiaQuarks:
    """Sampler of the channel "quarks" with Pythia on the fly."""

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `darkbeam.decays.channels.Sampler`."""
        check_mass(mass)
        generator = _generator()
        generator.start(rng)
        kappa = library().kappa(mass)
        shares = pool_shares(mass, kappa, setting.couplings, heavy_charges(setting))
        names = [name for name, share in shares.items() if share > 0.0]
        choice = stratified_choice([shares[name] for name in names], len(events), rng)
        wanted = {name: int(np.count_nonzero(choice == k)) for k, name in enumerate(names)}
        made = generator.fill(mass, wanted)
        rows = [row for name in names for row in made[name]]
        return RestEvents.from_rows(rows).at_rest(mass, events[np.argsort(choice, kind="stable")], rng)
