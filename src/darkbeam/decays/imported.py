r"""Hadronic decays at rest made by another program, in place of our own hadronic final states.

Two formats, as exHad (arXiv:2609.16104, https://github.com/maksymovchynnikov/exHad) writes them:

* JSON: ``mass_gev`` and ``events``, each a list of products ``[px, py, pz, E, mass, PDG]`` in GeV;
* HepMC3 (extra ``io``): the final particles (status 1) of each event, whose sum is the vector at rest.

Every event is checked: known ids, total charge 0, sum of the four-momenta = (mass, 0) and every mass shell to
TOLERANCE of the mass.  Momenta are then put on our masses and closed in float64: with p the file's
three-momenta in their centre of mass, a common factor x solves sum sqrt(x^2 p^2 + m^2) = M.  The same factor takes
a list to a neighbouring mass, at most MASS_TOLERANCE away.  Decays are drawn without replacement until the list is
used up and are turned at random, so a repeated decay is never the same in space.  A list must hold hadronic
decays only: leptonic channels keep their own branching ratios.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MassRangeError, MissingExtraError, ValueRangeError
from darkbeam.kinematics import boost_from_rest, mass_squared
from darkbeam.kinematics.closing import close

from .angular import isotropic, perpendicular
from .channels import final_state_class
from .particles import MASS, WIDTH, charge_of
from .pool import Pool
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .setting import DecaySetting

    Floats = NDArray[np.float64]
    Event = list[tuple[float, float, float, float, float, int]]

__all__ = ["HADRONS", "MASS_TOLERANCE", "TOLERANCE", "DecayList", "ImportedDecays", "is_hadronic"]

HADRONS = "hadrons"
"""Name of the channel that stands for all hadronic channels."""
TOLERANCE = 1.0e-3
"""Largest error of an event's four-momentum or of a mass shell, in units of the mass."""
MASS_TOLERANCE = 0.01
"""Largest relative distance between the mass asked for and that of a list."""
JSON_SUFFIXES, HEPMC_SUFFIXES = (".json",), (".hepmc3", ".hepmc")
LEPTONIC = frozenset({11, 12, 13, 14, 15, 16})


def is_hadronic(channel: str) -> bool:
    """Whether a decay channel belongs to those that imported decays replace."""
    return channel == HADRONS or final_state_class(channel) == "hadrons"


@dataclass(frozen=True, eq=False)
class DecayList:
    """Checked decays of one mass.

    Attributes
    ----------
    file : str
        Where they come from.
    mass : float
        GeV.
    pdg : array of int, shape (n, k)
        0 pads.
    momentum : array, shape (3, n, k)
        GeV, in the centre of mass.
    masses : array, shape (n, k)
        Product masses, GeV: ours, or the file's own where a particle has a width.
    """

    file: str
    mass: float
    pdg: NDArray[np.int64]
    momentum: Floats
    masses: Floats

    def __len__(self) -> int:
        return len(self.pdg)

    def at(self, mass: float, rows: NDArray[np.int64]) -> Floats:
        """Closed four-momenta of some decays at a mass close to that of the list, shape (4, len(rows), k)."""
        m, p = self.masses[rows], self.momentum[:, rows]
        p2 = (p * p).sum(axis=0)
        if np.any(heavy := m.sum(axis=1) >= mass):
            number = int(rows[int(np.argmax(heavy))]) + 1
            raise ValueRangeError(f"decays {self.file}: event {number} is closed at {mass:g} GeV")
        n, k = m.shape
        x = (
            close(p.reshape(3, -1), np.square(m).ravel(), k * np.arange(n), np.full(n, mass))
            if n
            else np.ones(0)
        )
        return np.concatenate([np.sqrt(x[:, None] ** 2 * p2 + m * m)[None], x[:, None] * p])


@dataclass(frozen=True, eq=False)
class ImportedDecays:
    """Lists of decays at one or more masses: a sampler of the hadronic channels together."""

    lists: tuple[DecayList, ...]

    @classmethod
    def read(cls, *paths: str | Path) -> ImportedDecays:
        """Read files, or folders of files, one mass each.

        Raises
        ------
        ValueRangeError
            For a file or event that cannot be used: says which and why.
        MissingExtraError
            For HepMC3 without pyhepmc.
        """
        files = [file for path in paths for file in _files_of(Path(path))]
        lists = sorted((_read(file) for file in files), key=lambda one: one.mass)
        for a, b in pairwise(lists):
            if b.mass - a.mass < 1e-6 * a.mass:
                raise ValueRangeError(f"decays {b.file} and {a.file} have the same mass, {a.mass:g} GeV")
        return cls(tuple(lists))

    def list_for(self, mass: float) -> DecayList:
        """List of the mass nearest to the one asked for.

        Raises
        ------
        MassRangeError
            If none is within MASS_TOLERANCE.
        """
        nearest = min(self.lists, key=lambda one: abs(one.mass - mass))
        if abs(nearest.mass - mass) > MASS_TOLERANCE * mass:
            there = ", ".join(f"{one.mass:g}" for one in self.lists)
            raise MassRangeError(
                f"no imported decays within {100 * MASS_TOLERANCE:g} % of {mass:g} GeV; there are: {there} GeV"
            )
        return nearest

    def repeats(self, mass: float, n: int) -> int:
        """How many of ``n`` decays at this mass are repeats of another one (turned in space)."""
        return max(n - len(self.list_for(mass)), 0)

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        _setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `channels.Sampler`."""
        source = self.list_for(mass)
        n = len(events)
        laps = [rng.permutation(len(source)) for _ in range(-(-n // len(source)))]
        rows = np.concatenate(laps)[:n] if laps else np.empty(0, dtype=np.int64)
        p4 = _turned(source.at(mass, rows), rng)
        ids = source.pdg[rows]
        pool = Pool()
        for pdg in np.unique(ids[ids != 0]).tolist():
            row, column = np.nonzero(ids == pdg)
            pool.add(pdg, events[row], p4[:, row, column])
        return pool


def _turned(p4: Floats, rng: np.random.Generator) -> Floats:
    """Turn every decay (4, n, k) at random."""
    n = p4.shape[1]
    axis = isotropic(n, rng)
    e1, e2 = perpendicular(axis)
    phi = 2.0 * np.pi * rng.random(n)
    u = np.cos(phi) * e1 + np.sin(phi) * e2
    v = np.cos(phi) * e2 - np.sin(phi) * e1
    x, y, z = p4[1:]
    turned = u[:, :, None] * x + v[:, :, None] * y + axis[:, :, None] * z
    return np.concatenate([p4[:1], turned])


def _files_of(path: Path) -> list[Path]:
    """Return the files of a path, which may be a folder."""
    if path.is_dir():
        found = sorted(f for f in path.iterdir() if f.suffix in JSON_SUFFIXES + HEPMC_SUFFIXES)
        if not found:
            raise ValueRangeError(f"decays {path}: no .json or .hepmc3 file in this folder")
        return found
    if not path.is_file():
        raise ValueRangeError(f"decays {path}: no such file")
    return [path]


def _read(path: Path) -> DecayList:
    if path.suffix in JSON_SUFFIXES:
        mass, events = _read_json(path)
    elif path.suffix in HEPMC_SUFFIXES:
        mass, events = _read_hepmc(path)
    else:
        raise ValueRangeError(f"decays {path}: ends in {path.suffix!r}; valid: .json, .hepmc3")
    if not events:
        raise ValueRangeError(f"decays {path}: no events")
    if not 0.0 < mass < np.inf:
        raise ValueRangeError(f"decays {path}: mass {mass:g} GeV is not a positive number")
    return _checked(str(path), mass, events)


def _read_json(path: Path) -> tuple[float, list[Event]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueRangeError(f"decays {path}: cannot be read: {error}") from error
    except ValueError as error:
        raise ValueRangeError(f"decays {path}: not JSON: {error}") from error
    if not isinstance(data, dict) or not {"mass_gev", "events"} <= set(data):
        raise ValueRangeError(f"decays {path}: needs an object with the keys mass_gev and events")
    if data.get("decay_scope", "hadronic") != "hadronic":
        raise ValueRangeError(
            f"decays {path}: decay_scope is {data['decay_scope']!r}; only hadronic decays can be imported"
        )
    if any(key.startswith("weight") for key in data):
        raise ValueRangeError(f"decays {path}: weighted events cannot be imported")
    if not isinstance(data["mass_gev"], int | float) or not isinstance(data["events"], list):
        raise ValueRangeError(f"decays {path}: mass_gev must be a number and events a list")
    return float(data["mass_gev"]), [_json_event(path, i, e) for i, e in enumerate(data["events"], 1)]


def _json_event(path: Path, number: int, event: Any) -> Event:
    """Products of one event, as numbers."""
    try:
        rows = [(float(a), float(b), float(c), float(E), float(m), int(i)) for a, b, c, E, m, i in event]
    except (TypeError, ValueError, OverflowError) as error:
        message = f"decays {path}: event {number}: every product must be [px, py, pz, E, mass, PDG]"
        raise ValueRangeError(message) from error
    return rows


def _read_hepmc(path: Path) -> tuple[float, list[Event]]:
    try:
        pyhepmc = importlib.import_module("pyhepmc")
    except ModuleNotFoundError:
        raise MissingExtraError(f"reading {path}", "io") from None
    events: list[Event] = []
    mass = 0.0
    try:
        with pyhepmc.open(str(path), "r") as source:
            for event in source:
                unit = 1.0e-3 if event.momentum_unit == pyhepmc.Units.MEV else 1.0
                events.append([_hepmc_row(p, unit) for p in event.particles if p.status == 1])
    except (OSError, RuntimeError) as error:
        raise ValueRangeError(f"decays {path}: not HepMC3: {error}") from error
    if events:
        mass = sum(row[3] for row in events[0])
    return mass, events


def _hepmc_row(p: Any, unit: float) -> tuple[float, float, float, float, float, int]:
    q = p.momentum
    mass = p.generated_mass if p.is_generated_mass_set() else q.m()
    return q.px * unit, q.py * unit, q.pz * unit, q.e * unit, mass * unit, int(p.pid)


def _checked(file: str, mass: float, events: Sequence[Event]) -> DecayList:
    """Check padded arrays of all events, and close their momenta."""
    n, k = len(events), max(map(len, events))
    table = np.zeros((6, n, max(k, 1)))
    for row, event in enumerate(events):
        if event:
            table[:, row, : len(event)] = np.array(event, dtype=np.float64).T
    momentum, energy, given, pdg = table[:3], table[3], table[4], table[5].astype(np.int64)
    p4 = np.concatenate([energy[None], momentum])
    pads = np.arange(max(k, 1)) >= np.array([len(e) for e in events])[:, None]
    _refuse(file, ~np.isfinite(table).all(axis=(0, 2)), "a number is not finite")
    unknown = ~np.isin(np.abs(pdg), list(MASS)) & ~pads
    if unknown.any():
        row, column = (int(i[0]) for i in np.nonzero(unknown))
        raise ValueRangeError(f"decays {file}: event {row + 1}: unknown PDG id {pdg[row, column]}")
    _refuse(file, (~pads).sum(axis=1) < 2, "fewer than two products")
    _refuse(file, (np.isin(np.abs(pdg), list(LEPTONIC)) | pads).all(axis=1), "no hadrons, a leptonic decay")
    charges = np.vectorize(charge_of, otypes=[np.int64])(pdg)
    _refuse(file, charges.sum(axis=1) != 0, "the charges do not add up to 0")
    total = p4.sum(axis=2)
    total[0] -= mass
    wrong = np.abs(total).max(axis=0) > TOLERANCE * mass
    _refuse(file, wrong, f"the momenta do not add up to a particle of {mass:g} GeV at rest")
    off = np.abs(energy * energy - (momentum**2).sum(axis=0) - given * given) > TOLERANCE * mass * mass
    _refuse(file, off.any(axis=1) | (given < 0.0).any(axis=1), "E, p and mass of a product do not agree")
    own = _masses(pdg, given)
    wrong = np.abs(own - given) > TOLERANCE * mass
    _refuse(file, (wrong & ~pads).any(axis=1), "the mass of a product is not that of its PDG id")
    _refuse(file, own.sum(axis=1) >= mass, "the products are as heavy as the decaying particle")
    centre = p4.sum(axis=2)
    back = np.concatenate([centre[:1], -centre[1:]])[:, :, None]
    at_rest = boost_from_rest(p4, back, np.sqrt(mass_squared(back)))
    return DecayList(file, mass, pdg, np.where(pads, 0.0, at_rest[1:]), own)


def _masses(pdg: NDArray[np.int64], given: Floats) -> Floats:
    """Masses on which the products are put: ours, the file's own for particles with a width."""
    ids, inverse = np.unique(np.abs(pdg), return_inverse=True)
    table = np.array([MASS.get(int(i), 0.0) for i in ids])
    broad = np.isin(np.abs(pdg), list(WIDTH))
    return np.where(broad, given, table[inverse.reshape(pdg.shape)])


def _refuse(file: str, bad: NDArray[np.bool_] | np.bool_, what: str) -> None:
    """Raise for the first bad event."""
    if bad.any():
        raise ValueRangeError(f"decays {file}: event {int(np.argmax(bad)) + 1}: {what}")
