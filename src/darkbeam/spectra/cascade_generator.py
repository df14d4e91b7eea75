r"""Hadronic cascade of a proton in an infinite absorber, from Pythia 8.

The class ``PythiaCascade`` (arXiv:2108.03481) makes one inelastic hadron-nucleus collision at a time, as a series of
hadron-nucleon collisions.  Here every hadron of a collision that has more than `KINETIC_CUT` of kinetic energy collides
again with the same nucleus, at its own direction, until none is left.  Mesons of the first collision and of the later
ones are kept apart:

    generation 1    the proton of the beam on a nucleus
    cascade         every collision after it

Left out: decays in flight (at 10 GeV a charged pion decays after 560 m, a K_S after 0.5 m, an interaction length is
0.1 to 0.4 m), elastic scattering, energy loss by ionisation, interactions of photons and leptons, and the size of the
target: nothing leaves it.  K_S and hyperons interact, as `darkbeam.spectra.settings` has it.

Nuclei: the mean number of collisions is tabulated for the mass numbers `MASS_NUMBERS`.  Between them version 8.317
divides two integers where it wants a real ratio (`PythiaCascade::nCollAvg`) and returns hundreds of mb too much, so the
nucleus is moved to the nearest entry in ln A: molybdenum to silver (A = 107), iron and carbon stay.

`KINETIC_CUT` = 1 GeV: a pion or nucleon below it makes no meson of more than 1.2 GeV, so mesons above that are here,
but for those of slow kaons and antinucleons, which are rare.  Below it the tables are incomplete.

A meson that hits another nucleon of the same nucleus is in Pythia's list, too; it is not counted.  Counting it raises
the pi0 of the later collisions above 50 GeV by a factor of 2 (they are often the hardest hadron of a pion's collision).
"""

from __future__ import annotations

import os
import sys
import tempfile
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import ValueRangeError

from .blocks import check_request, report, run_blocks
from .generator import Block, load_pythia, pythia_version
from .species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = [
    "ENHANCE_DIFFRACTION", "KINETIC_CUT", "MASS_NUMBERS", "TAU0_MAX_MM", "CascadeBlock", "Nucleus",
    "generate_cascade", "generate_cascade_block", "snapped",
]  # fmt: skip

MASS_NUMBERS = (1, 2, 4, 9, 12, 14, 16, 27, 40, 56, 63, 84, 107, 129, 197, 208)
"""Mass numbers for which Pythia has the mean number of collisions."""
KINETIC_CUT = 1.0
"""Least kinetic energy of a hadron that interacts, GeV."""
ENHANCE_DIFFRACTION = 0.5
"""Share of target diffraction in collisions after the first inside a nucleus; Pythia's default."""
TAU0_MAX_MM = 1.0
"""Shorter-lived particles decay, longer-lived ones interact; mm/c, as for the meson tables."""
_TRIES = 10
"""Attempts at a collision before the hadron is given up."""
_STEP = 20


@dataclass(frozen=True)
class Nucleus:
    """Nucleus that stands for the absorber in the generator."""

    Z: int
    A: int


@dataclass(frozen=True)
class CascadeBlock:
    """One block of protons.

    Attributes
    ----------
    first, later : Block
        Mesons of the first collision, and of all later ones; ``n_events`` is the number of protons.
    n_collisions : int
        All collisions; ``later.n_failed`` hadrons were given up.
    """

    first: Block
    later: Block
    n_collisions: int


def snapped(Z: float, A: float) -> Nucleus:
    """Return the nucleus with a tabulated mass number nearest in ln A, of the same Z/A.

    Examples
    --------
    >>> snapped(42, 95.95)
    Nucleus(Z=47, A=107)
    """
    nearest = min(MASS_NUMBERS, key=lambda a: abs(np.log(a / A)))
    return Nucleus(max(1, round(Z * nearest / A)), nearest)


@contextmanager
def _silent() -> Iterator[None]:
    """Send what the C++ library prints (two banners for every block) nowhere."""
    sys.stdout.flush()
    kept, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(sink)


def _start(seed: int) -> Any:
    """Return a cascade generator with both of its random engines seeded.

    Only the engine of the main object can be reached from outside; that of the collisions reads its seed from
    the file of initial values.
    """
    pythia8 = load_pythia()
    grids = Path(sys.prefix) / "share" / "Pythia8" / "setups" / "InitDefaultMPI.cmnd"
    if not grids.is_file():
        raise ValueRangeError(f"Pythia's file of initial values is missing: {grids}")
    with tempfile.TemporaryDirectory() as folder, _silent():
        cascade = pythia8.PythiaCascade()
        settings = Path(folder) / "cascade.cmnd"
        settings.write_text(f"{grids.read_text()}\nRandom:setSeed = on\nRandom:seed = {seed}\n")
        started = cascade.init(
            KINETIC_CUT, ENHANCE_DIFFRACTION, str(settings), True, TAU0_MAX_MM, False, False
        )
    if not started:
        raise ValueRangeError("Pythia's cascade cannot be initialised")
    cascade.rndm().init(seed)
    return cascade


class _Rows:
    """Mesons of one kind of collision while they are collected."""

    def __init__(self) -> None:
        self.rows = {name: array("f") for name in SPECIES}
        self.n_anti = dict.fromkeys(SPECIES, 0)

    def block(self, seed: int, n_events: int, n_failed: int, sigma_mb: float) -> Block:
        momenta: Mapping[str, NDArray[np.float32]] = {
            n: np.frombuffer(r, dtype=np.float32).reshape(-1, 2).T.copy() for n, r in self.rows.items()
        }
        return Block(seed, n_events, n_failed, sigma_mb, momenta, self.n_anti)


def _collide(cascade: Any, hadron: tuple[int, Any, float], nucleus: Nucleus) -> Any | None:
    """One collision of (id, momentum, mass); None where the generator gives up."""
    if not cascade.sigmaSetuphN(*hadron):
        return None
    for _ in range(_TRIES):
        event = cascade.nextColl(nucleus.Z, nucleus.A)
        if event.size() > 3:
            return event
    return None


def generate_cascade_block(
    facility: Facility,
    nucleus: Nucleus,
    n_events: int,
    seed: int,
    report: Callable[[int], bool] = lambda _: True,
) -> CascadeBlock:
    """Generate the cascades of ``n_events`` protons in this process.

    Parameters
    ----------
    facility : Facility
        A beam on a target at rest.
    nucleus : Nucleus
    n_events : int
        Protons.
    seed : int
        1 to 900 000 000.
    report : callable
        Called with the number of protons done since the last call; generation stops when it returns False.
    """
    cascade = _start(seed)
    vector = load_pythia().Vec4
    names = {pdg: species.name for species in SPECIES.values() for pdg in species.pdg}
    mass = cascade.particleData().m0(2212)
    beam = (2212, vector(0.0, 0.0, facility.beam_momentum, facility.beam_energy), mass)
    cascade.sigmaSetuphN(*beam)
    sigma = float(cascade.sigmahA(nucleus.A))
    first, later = _Rows(), _Rows()
    failed = collisions = 0
    for done in range(1, n_events + 1):
        stack, rows = [beam], first
        while stack:
            event = _collide(cascade, stack.pop(), nucleus)
            if event is None:
                failed += 1
                continue
            collisions += 1
            stack += _collect(event, rows, names, vector)
            rows = later
        if done % _STEP == 0 and not report(_STEP):
            raise KeyboardInterrupt
    report(n_events % _STEP)
    return CascadeBlock(
        first.block(seed, n_events, 0, sigma), later.block(seed, n_events, failed, sigma), collisions
    )


def _collect(event: Any, rows: _Rows, names: Mapping[int, str], vector: Any) -> list[tuple[int, Any, float]]:
    """Write down the mesons of a collision and return the hadrons that go on.

    A meson that hits another nucleon of the same nucleus is listed, too, but it is gone: the mother of what follows is
    then the nucleon.
    """
    onward = []
    for q in event:
        pdg = q.id()
        name = names.get(pdg)
        if name is not None:
            if q.status() < 0 and event[q.daughter1()].mother1() != q.index():
                continue
            rows.rows[name].extend((q.pT(), q.pz()))
            rows.n_anti[name] += pdg < 0
        elif q.isFinal() and q.e() - q.m() > KINETIC_CUT and q.isHadron():
            onward.append((pdg, vector(q.px(), q.py(), q.pz(), q.e()), q.m()))
    return onward


def _task(facility: Facility, nucleus: Nucleus, n_events: int, seed: int) -> CascadeBlock:
    return generate_cascade_block(facility, nucleus, n_events, seed, report)


def generate_cascade(
    facility: Facility,
    nucleus: Nucleus,
    n_events: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[CascadeBlock]:
    """Generate all blocks of a sample; parameters as for `darkbeam.spectra.blocks.run_blocks`."""
    check_request(n_events, seed, workers)
    if facility.collider:
        raise ValueRangeError(f"{facility.name} is a collider: no thick target, no cascade")
    pythia_version()
    return run_blocks(partial(_task, facility, nucleus), n_events, seed, workers, progress)
