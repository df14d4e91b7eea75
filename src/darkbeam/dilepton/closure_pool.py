r"""Muon pairs of Pythia 8 in p p at 400 GeV: the independent generator of the closure test.

Two stages, so that rare decays cost nothing:

    soft QCD collisions -> eta, eta', rho, omega, phi, with their momenta and masses
    each meson decayed r times to muon pairs by Pythia itself        weight = BR / (r collisions)
    q qbar -> gamma* -> mu mu above 1 GeV                              weight = sigma / (sigma_inel pairs)

BR are those of Pythia's tables; Dalitz decays of eta, eta' and omega have Pythia's matrix element (its mode 11,
with lepton angles), vector mesons decay isotropically with Pythia's mass law, a Breit-Wigner cut at 0.75 and 0.85 GeV
(omega), 1.0 and 1.04 GeV (phi).  The widths of omega and phi are those of `line_shapes.STATES`: Pythia's omega is 2 %
narrower, and the rate at the pole goes as 1/width, so that the closure would test a table of particle data.  No photon
radiation off the muons, no correlation between the pairs of one collision.  Cascade eta' -> eta is counted.  The
weights add up to pairs per inelastic collision.
"""

from __future__ import annotations

import json
from array import array
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.line_shapes import STATES
from darkbeam.errors import ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.output import atomic_path
from darkbeam.spectra.generator import load_pythia, pythia_version
from darkbeam.spectra.settings import generator_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["LABELS", "PairPool", "generate_parts", "generate_pool"]

BEAM = "SPS"
LABELS = ("eta-dalitz", "etap-dalitz", "omega-dalitz", "rho", "omega", "phi", "drell-yan")
MESONS = {221: 2, 331: 6, 113: 2, 223: 4, 333: 8}
"""PDG numbers, and how often each meson is decayed."""
MODES = {
    (221, 22): "eta-dalitz", (331, 22): "etap-dalitz", (223, 111): "omega-dalitz",
    (113, 0): "rho", (223, 0): "omega", (333, 0): "phi",
}  # fmt: skip
DALITZ = 11
"""Pythia's matrix element of Dalitz decays."""
ETAP_MODE = "331:addChannel = 1 1.076e-4 11 22 13 -13"
"""Pythia lists the products of eta' -> gamma mu mu in an order that its Dalitz matrix element does not take."""
DRELL_YAN = ((1.0, 2.0, 0.7), (2.0, 4.0, 0.3))
"""Mass windows (GeV) and their shares of the Drell-Yan events."""
BATCH = 500
"""Mesons in one decay event."""
MOMENTUM_STEP = 0.05
"""GeV; decays of one meson agree in momentum to single precision."""
WIDTHS = tuple(f"{pdg}:mWidth = {STATES[name][1]}" for pdg, name in ((223, "omega"), (333, "phi")))
QUIET = ("Print:quiet = on", "Random:setSeed = on")
SEED_STEP = 10
"""Distance of the seeds of two parts; one part takes two seeds and one for each window of Drell-Yan pairs."""


@dataclass(frozen=True)
class PairPool:
    """Weighted muon pairs.

    Attributes
    ----------
    plus, minus : arrays, shape (3, n)
        Lab momenta of the muons, GeV.
    label : array of int, shape (n,)
        Index into `LABELS`.
    weight : array, shape (n,)
        Pairs per inelastic collision.
    collision : array of int, shape (n,)
        Number of the generated collision; pairs of one collision are correlated.
    settings : dict
        Generator, seed, collisions.
    """

    plus: Array
    minus: Array
    label: NDArray[np.int64]
    weight: Array
    collision: NDArray[np.int64]
    settings: dict[str, Any]
    columns: list[Array] = field(default_factory=list, init=False, repr=False, compare=False)
    """Mass, pT and rapidity once they are computed (`darkbeam.dilepton.closure_detector.pool_kinematics`)."""

    def select(self, keep: NDArray[np.bool_] | NDArray[np.int64], factor: float = 1.0) -> PairPool:
        """Subset of the pairs, weights times ``factor``."""
        return PairPool(
            self.plus[:, keep], self.minus[:, keep], self.label[keep], self.weight[keep] * factor,
            self.collision[keep], self.settings,
        )  # fmt: skip

    def thinned(self, collisions: int, every: int) -> PairPool:
        """Pairs of the first soft collisions and every so many-th Drell-Yan pair, of the same expectation."""
        hard = self.label == LABELS.index("drell-yan")
        soft = np.flatnonzero(~hard & (self.collision < collisions))
        kept = self.select(np.concatenate([soft, np.flatnonzero(hard)[::every]]))
        factor = np.where(
            np.arange(kept.label.size) < soft.size, self.settings["collisions"] / collisions, every
        )
        settings = self.settings | {"kept_collisions": collisions, "kept_drell_yan": f"1 in {every}"}
        return replace(kept, weight=kept.weight * factor, settings=settings)

    def once(self) -> PairPool:
        """Each vector meson once: its decays share mass and momentum, and a classifier would learn them by heart."""
        first, group = self.mesons()
        weight = np.bincount(group, weights=self.weight).astype(np.float64)
        return replace(self.select(first), weight=weight)

    def mesons(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First pair of each group of repeated decays of one vector meson, and the group of every pair."""
        two_body = np.isin(self.label, [LABELS.index(k) for k in ("rho", "omega", "phi")])
        # two mesons of one kind in a collision differ in momentum
        momentum = np.floor((self.plus[2] + self.minus[2]) / MOMENTUM_STEP).astype(np.int64)
        meson = (self.collision * len(LABELS) + self.label) * 20_000 + momentum % 20_000
        key = np.where(two_body, meson, -1 - np.arange(self.label.size))
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        return first, group

    @classmethod
    def joined(cls, parts: Sequence[PairPool]) -> PairPool:
        """One pool from independent ones: collisions numbered on, soft ones first, weights per collision of all."""
        soft, hard = (sum(p.settings[k] for p in parts) for k in ("collisions", "drell_yan"))
        before, hard_before, rows = 0, soft, []
        for part in parts:
            own, own_hard = part.settings["collisions"], part.settings["drell_yan"]
            is_hard = part.label == LABELS.index("drell-yan")
            number = part.collision + np.where(is_hard, hard_before - own, before)
            share = np.where(is_hard, own_hard / hard, own / soft)
            rows.append((part.plus, part.minus, part.label, part.weight * share, number))
            before, hard_before = before + own, hard_before + own_hard
        seeds = [seed for p in parts for seed in p.settings["seeds"]]
        settings = parts[0].settings | {"collisions": soft, "drell_yan": hard, "seeds": seeds}
        plus, minus, label, weight, collision = (np.concatenate(x, axis=-1) for x in zip(*rows, strict=True))
        return cls(plus, minus, label.astype(np.int64), weight, collision.astype(np.int64), settings)

    def save(self, path: Path) -> None:
        """Write an ``.npz`` without pickle, momenta in single precision."""
        with atomic_path(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, settings=np.array(json.dumps(self.settings)),
                plus=self.plus.astype(np.float32), minus=self.minus.astype(np.float32),
                label=self.label.astype(np.int8), weight=self.weight.astype(np.float32),
                collision=self.collision.astype(np.int32),
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> PairPool:
        """Read a file of `save`."""
        with np.load(path, allow_pickle=False) as a:
            return cls(
                a["plus"].astype(np.float64), a["minus"].astype(np.float64), a["label"].astype(np.int64),
                a["weight"].astype(np.float64), a["collision"].astype(np.int64), json.loads(str(a["settings"])),
            )  # fmt: skip


def generate_pool(
    collisions: int, drell_yan: int, seed: int, report: Callable[[str, int], None] = lambda *_: None
) -> PairPool:
    """Generate the pool in this process.

    Parameters
    ----------
    collisions : int
        Soft collisions.
    drell_yan : int
        Drell-Yan events.
    seed : int
        1 to 900 000 000.
    report : callable
        Called with the stage and the events done.

    Raises
    ------
    MissingExtraError
        Without the extra ``pythia``.
    """
    mesons = _mesons(collisions, seed, report)
    parts = [_decays(mesons, collisions, seed + 1)]
    report("decays", parts[0][0].shape[1])
    first = collisions  # Drell-Yan collisions are numbered after the soft ones
    for k, (low, high, share) in enumerate(DRELL_YAN):
        n = max(int(share * drell_yan), 1)
        parts.append(_drell_yan(low, high, n, seed + 2 + k, first))
        first += n
        report("drell-yan", n)
    p, label, weight, collision = (np.concatenate(x, axis=-1) for x in zip(*parts, strict=True))
    settings = {
        "generator": pythia_version(), "beam": BEAM, "collisions": collisions, "drell_yan": first - collisions,
        "seeds": [seed], "labels": LABELS,
    }  # fmt: skip
    return PairPool(p[:3], p[3:], label.astype(np.int64), weight, collision.astype(np.int64), settings)


def generate_parts(
    collisions: int, drell_yan: int, seed: int, parts: int, jobs: int,
    report: Callable[[str, int], None] = lambda *_: None,
) -> PairPool:  # fmt: skip
    """Generate a pool in parts of equal size, each with a seed of its own; the same for any number of jobs.

    Parameters
    ----------
    collisions, drell_yan, seed
        As for `generate_pool`; of all parts together.
    parts : int
        Seeds ``seed``, ``seed + SEED_STEP``, ...; the numbers of collisions are rounded down to multiples of it.
    jobs : int
        Processes.
    report : callable
        Called with "part" and the number of parts done.

    Raises
    ------
    ValueRangeError
        With fewer collisions or Drell-Yan pairs than parts.
    """
    if not 1 <= parts <= min(collisions, drell_yan):
        raise ValueRangeError(f"the pool cannot be made in {parts} parts: 1 to {min(collisions, drell_yan)}")
    orders = [(collisions // parts, drell_yan // parts, seed + SEED_STEP * k) for k in range(parts)]
    made = []
    # fresh processes: a fork would share the state of the generator's library
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(generate_pool, *zip(*orders, strict=True)):
            made.append(part)
            report("part", len(made))
    return PairPool.joined(made)


def _pythia(seed: int, lines: Sequence[str]) -> Any:
    generator = load_pythia().Pythia("", False)
    for line in (*QUIET, f"Random:seed = {seed}", *lines):
        if not generator.readString(line):
            raise ValueRangeError(f"Pythia refuses the setting {line!r}")
    if not generator.init():
        raise ValueRangeError("Pythia cannot be initialised")
    return generator


def _mesons(collisions: int, seed: int, report: Callable[[str, int], None]) -> Array:
    """Rows (pdg, px, py, pz, m, collision) of the mesons of soft collisions, shape (6, n)."""
    generator = _pythia(seed, (*generator_settings(get_facility(BEAM)), *WIDTHS))
    rows = array("d")
    done = 0
    while done < collisions:
        if not generator.next():
            continue
        for q in generator.event:
            if q.id() in MESONS and q.iBotCopyId() == q.index():
                rows.extend((q.id(), q.px(), q.py(), q.pz(), q.m(), done))
        done += 1
        if done % 20000 == 0:
            report("collisions", done)
    return np.frombuffer(rows, dtype=np.float64).reshape(-1, 6).T.copy()


def _channels(generator: Any) -> dict[tuple[int, int], float]:
    """Leave only the muon modes open; their branching ratios by (meson, other product or 0)."""
    ratios = {}
    for pdg in MESONS:
        entry = generator.particleData.particleDataEntryPtr(pdg)
        for k in range(entry.sizeChannels()):
            channel = entry.channel(k)
            products = [channel.product(i) for i in range(channel.multiplicity())]
            others = [q for q in products if abs(q) != 13]
            key = (pdg, others[0] if others else 0)
            is_open = products[-2:] == [13, -13] and key in MODES
            channel.onMode(1 if is_open else 0)
            if is_open:
                ratios[key] = channel.bRatio()
                if others:
                    channel.meMode(DALITZ)
    return ratios


def _decays(mesons: Array, collisions: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Muon momenta (6, n), labels, weights and collisions of all decays."""
    generator = _pythia(seed, ("ProcessLevel:all = off", "Check:event = off", ETAP_MODE))
    ratios = _channels(generator)
    total = {pdg: sum(r for (p, _), r in ratios.items() if p == pdg) for pdg in MESONS}
    repeats = np.vectorize(MESONS.get)(mesons[0].astype(int))
    mesons = np.repeat(mesons, repeats, axis=1)
    energy = np.sqrt(mesons[4] ** 2 + np.sum(mesons[1:4] ** 2, axis=0))
    rows = array("d")
    for start in range(0, mesons.shape[1], BATCH):
        block = mesons[:, start : start + BATCH]
        generator.event.reset()
        for q, e in zip(block.T.tolist(), energy[start : start + BATCH].tolist(), strict=True):
            generator.event.append(int(q[0]), 1, 0, 0, q[1], q[2], q[3], e, q[4])
        if not generator.next():
            raise ValueRangeError("Pythia cannot decay the mesons")
        event = generator.event
        for k in range(1, block.shape[1] + 1):
            _read(event, k, rows, start)
    found = np.frombuffer(rows, dtype=np.float64).reshape(-1, 8).T
    parent = mesons[:, found[7].astype(int)]
    weight = np.vectorize(lambda p: total[p] / (MESONS[p] * collisions))(parent[0].astype(int))
    return found[:6].copy(), found[6], weight, parent[5]


def _read(event: Any, k: int, rows: array[float], start: int) -> None:
    """Append the momenta of the muons of one decay, its label and the number of the meson."""
    first, last = event[k].daughter1(), event[k].daughter2()
    if first == 0:
        return
    plus: tuple[float, ...] = ()
    minus: tuple[float, ...] = ()
    other = 0
    for j in range(first, last + 1):
        q = event[j]
        pdg = q.id()
        if pdg == -13:
            plus = (q.px(), q.py(), q.pz())
        elif pdg == 13:
            minus = (q.px(), q.py(), q.pz())
        else:
            other = pdg
    if plus and minus:
        rows.extend((*plus, *minus, LABELS.index(MODES[event[k].id(), other]), start + k - 1))


def _drell_yan(low: float, high: float, n: int, seed: int, first: int) -> tuple[Array, Array, Array, Array]:
    """Drell-Yan pairs in a window of mass (GeV), as `_decays`."""
    beams = [line for line in generator_settings(get_facility(BEAM)) if line.startswith("Beams")]
    generator = _pythia(
        seed,
        (
            *beams, "WeakSingleBoson:ffbar2gmZ = on", "WeakZ0:gmZmode = 1", "23:onMode = off", "23:onIfAny = 13",
            "23:mMin = 0.9", f"PhaseSpace:mHatMin = {low}", f"PhaseSpace:mHatMax = {high}", "PartonLevel:FSR = off",
            "PartonLevel:MPI = off", "HadronLevel:all = off",
        ),
    )  # fmt: skip
    rows = array("d")
    done = 0
    while done < n:
        if not generator.next():
            continue
        muons = {
            q.id(): (q.px(), q.py(), q.pz()) for q in generator.event if abs(q.id()) == 13 and q.isFinal()
        }
        rows.extend((*muons[-13], *muons[13]))
        done += 1
    p = np.frombuffer(rows, dtype=np.float64).reshape(-1, 6).T.copy()
    sigma = float(generator.infoPython().sigmaGen())
    weight = np.full(n, sigma / get_facility(BEAM).sigma_inel_mb / n)
    return p, np.full(n, float(LABELS.index("drell-yan"))), weight, first + np.arange(n, dtype=np.float64)
