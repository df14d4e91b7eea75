"""Vector mesons of any mass inside the Lund string, from Pythia 8 (method of arXiv:2504.06828).

The question is how many rho0, omega and phi the string would make if their mass were m.  Pythia's unused nonet
L = 1, S = 0, J = 1 answers it with settings alone: a part w (`INSERTION`) of the vector/pseudoscalar weight of light
mesons, and all of it for strange ones, is handed to this nonet, whose neutral members 10113, 10223, 10333 get the
mass m while the others get the masses of rho and K*.  All flavour weights stay what they were, so per hadronisation

    N_rho(m) = N_omega(m) = (1/2) (0.5 / w) n(10113, 10223),      N_phi(m) = n(10333)

(0.5, 0.55: ``StringFlav:mesonUDvector``, ``mesonSvector`` of the Monash tune; ideal mixing; rho and omega have the same
weights).  Only mesons of the string itself count: those from decays (3 % of the rho0) are left out.

Each parton-level event is hadronised at every mass with the same random numbers, so that N_V(m) and the spectra are
smooth in m.  Every event has its own random stream, so a sample depends on its seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import ValueRangeError

from .blocks import check_request, report, run_blocks
from .generator import load_pythia, pythia_version
from .mixing_flavour import light_flavour
from .settings import generator_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = [
    "INSERTION", "NODES", "FragmentationBlock", "generate_mixing_block", "generate_mixing_blocks", "hadronisations",
    "insertion", "light_factor", "mixing_settings",
]  # fmt: skip

INSERTION = {"fixed target": 0.2, "collider": 0.1}
"""Weight of the inserted nonet; 0.5 is the weight of all light vector mesons.

At 400 GeV 0.05, 0.2 and 0.5 agree within 2 % at 0.1 to 4 GeV.  At the LHC, with 12 light vector mesons in an event, 0.5
gives 10 % more than 0.1 at 0.1 GeV and 14 % less at 4 GeV, because inserted mesons take each other's energy; with 0.1
a quarter of that is left, 3 % at either end.
"""
NODES = (
    0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.775, 0.9, 1.02, 1.2, 1.4, 1.6, 1.8, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0,
)  # fmt: skip
"""Masses m in GeV."""
REPEATS = {1.02: 3, 2.5: 2, 3.0: 2, 3.5: 2, 4.0: 2}
"""Hadronisations of one event at a mass, where not 1: at the phi and where mesons get rare (fixed target only)."""
_LIGHT_WEIGHT = 0.5
_STRANGE_WEIGHT = 0.55
_LIGHT, _STRANGE = (10113, 10223), 10333
_CHARGED_MASSES = {10213: 0.775, 10313: 0.892, 10323: 0.892}
_TRIES = 10
"""Hadronisations tried before one counts as failed."""
_MAX_SEED = 900_000_000
_STEP = 20
"""Events between two reports of a worker."""


@dataclass(frozen=True)
class FragmentationBlock:
    """Inserted mesons of one block of collisions.

    Attributes
    ----------
    seed : int
    n_events, n_failed : int
        Collisions made, and tries that the generator gave up.
    sigma_mb : float
        The generator's cross-section of the process, mb.
    n_passes : tuple of int
        Hadronisations at each of `NODES`.
    light, strange : tuple of arrays, shape (3, n) each
        (pT, pz, flavour) in GeV at each node, float32; flavour 1 (d dbar), 2 (u ubar), 0 (not known), 3 (s sbar).
    """

    seed: int
    n_events: int
    n_failed: int
    sigma_mb: float
    n_passes: tuple[int, ...]
    light: tuple[NDArray[np.float32], ...]
    strange: tuple[NDArray[np.float32], ...]


def insertion(facility: Facility) -> float:
    """Weight of the inserted nonet at a facility."""
    return INSERTION["collider" if facility.collider else "fixed target"]


def light_factor(facility: Facility) -> float:
    """Light vector mesons, rho0 or omega, for each inserted one of the two."""
    return 0.5 * _LIGHT_WEIGHT / insertion(facility)


def hadronisations(facility: Facility) -> tuple[int, ...]:
    """Hadronisations of one event at each of `NODES`."""
    return tuple(1 if facility.collider else REPEATS.get(m, 1) for m in NODES)


def mixing_settings(facility: Facility, *, isr: bool = True) -> tuple[str, ...]:
    """Pythia 8 settings, apart from the seed and the mass."""
    lines = [
        *generator_settings(facility),
        "HadronLevel:all = off",
        "HadronLevel:Decay = off",
        f"StringFlav:mesonUDvector = {_LIGHT_WEIGHT - insertion(facility):g}",
        f"StringFlav:mesonUDL1S0J1 = {insertion(facility):g}",
        "StringFlav:mesonSvector = 0",
        f"StringFlav:mesonSL1S0J1 = {_STRANGE_WEIGHT:g}",
        "StringFlav:thetaL1S0J1 = 35.3",
    ]
    if not isr:
        lines.append("PartonLevel:ISR = off")
    masses = dict.fromkeys((*_LIGHT, _STRANGE), NODES[0]) | _CHARGED_MASSES
    for pdg, mass in masses.items():
        lines += [f"{pdg}:mWidth = 0", f"{pdg}:mMin = 0", f"{pdg}:mMax = 10", f"{pdg}:m0 = {mass:g}"]
    return tuple(lines)


def _start(facility: Facility, seed: int, isr: bool) -> Any:
    generator = load_pythia().Pythia("", False)
    settings = mixing_settings(facility, isr=isr)
    for line in ("Print:quiet = on", "Random:setSeed = on", f"Random:seed = {seed}", *settings):
        if not generator.readString(line):
            raise ValueRangeError(f"Pythia refuses the setting {line!r}")
    if not generator.init():
        raise ValueRangeError(f"Pythia cannot be initialised for {facility.name}")
    return generator


def _hadronise(generator: Any, event: Any, make_event: Any, seeds: NDArray[np.int64]) -> bool:
    """Hadronise a copy of a parton-level event; repeat with other random numbers where that fails."""
    for seed in seeds:
        generator.rndm.init(int(seed))
        generator.event = make_event(event)
        if generator.forceHadronLevel(False):
            return True
    return False


def _collect(event: Any, first: int, light: list[float], strange: list[float]) -> None:
    for i in range(first, event.size()):
        q = event[i]
        pdg = q.id()
        if pdg in _LIGHT and q.isFinal():
            light.extend((q.pT(), q.pz(), light_flavour(event, i)))
        elif pdg == _STRANGE and q.isFinal():
            strange.extend((q.pT(), q.pz(), 3))


@dataclass(frozen=True)
class _Rows:
    """What is collected at each mass while a block is made."""

    n_passes: list[int]
    light: list[list[float]]
    strange: list[list[float]]


def _all_masses(generator: Any, repeats: tuple[int, ...], seeds: NDArray[np.int64], rows: _Rows) -> None:
    """Hadronise the parton-level event that the generator holds at every mass."""
    make_event = load_pythia().Event
    event = make_event(generator.event)
    for k, mass in enumerate(NODES):
        for pdg in (*_LIGHT, _STRANGE):
            generator.particleData.m0(pdg, mass)
        for tries in seeds[: repeats[k]]:
            if _hadronise(generator, event, make_event, tries):
                rows.n_passes[k] += 1
                _collect(generator.event, event.size(), rows.light[k], rows.strange[k])


def generate_mixing_block(
    facility: Facility,
    n_events: int,
    seed: int,
    report: Callable[[int], bool] = lambda _: True,
    *,
    isr: bool = True,
) -> FragmentationBlock:
    """Generate one block in this process.

    Parameters
    ----------
    facility : Facility
    n_events : int
        Collisions; each is hadronised at every mass.
    seed : int
        1 to 900 000 000.
    report : callable
        Called with the number of collisions made since the last call; generation stops when it returns False.
    isr : bool
        Initial-state radiation.
    """
    generator = _start(facility, seed, isr)
    repeats = hadronisations(facility)
    rows = _Rows([0] * len(NODES), [[] for _ in NODES], [[] for _ in NODES])
    done = failed = attempt = 0
    while done < n_events:
        attempt += 1
        state = np.random.SeedSequence([seed, attempt]).generate_state(1 + _TRIES * max(repeats))
        seeds = 1 + state.astype(np.int64) % _MAX_SEED
        generator.rndm.init(int(seeds[0]))
        if not generator.next():
            failed += 1
            continue
        done += 1
        _all_masses(generator, repeats, seeds[1:].reshape(-1, _TRIES), rows)
        if done % _STEP == 0 and not report(_STEP):
            raise KeyboardInterrupt
    report(done % _STEP)
    sigma = float(generator.infoPython().sigmaGen())
    return FragmentationBlock(
        seed, done, failed, sigma, tuple(rows.n_passes), _columns(rows.light), _columns(rows.strange)
    )


def _columns(rows: list[list[float]]) -> tuple[NDArray[np.float32], ...]:
    return tuple(np.array(r, dtype=np.float32).reshape(-1, 3).T.copy() for r in rows)


def _task(facility: Facility, isr: bool, n_events: int, seed: int) -> FragmentationBlock:
    return generate_mixing_block(facility, n_events, seed, report, isr=isr)


def generate_mixing_blocks(
    facility: Facility,
    n_events: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
    *,
    isr: bool = True,
) -> list[FragmentationBlock]:
    """Generate all blocks; parameters as for `darkbeam.spectra.blocks.run_blocks`, ISR on or off."""
    check_request(n_events, seed, workers)
    pythia_version()
    return run_blocks(partial(_task, facility, isr), n_events, seed, workers, progress)
