r"""Make the tables of quarkonium: shapes from the generator, total cross-sections from measurements.

Experiments measure in a window of rapidity.  The total cross-section per nucleon is

    sigma = value / (B f),   f = share of the generator's vectors in the window (or dN/dy at y = 0)

with B the branching ratio that the value contains and f from the same settings as the shapes, run at the energy of the
measurement.  `MEASUREMENTS` lists what enters, with sources.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_P
from darkbeam.errors import OutputError
from darkbeam.facilities import Facility, get_facility
from darkbeam.output import atomic_path, dump_json

from .drell_yan_events import make_shape, quarkonium_settings, vector_momenta
from .drell_yan_make import write_table
from .drell_yan_shapes import ShapeTable, pack_shapes
from .generator import pythia_version
from .quarkonium import SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MEASUREMENTS", "STATES", "Measurement", "make_cross_sections", "make_quarkonium", "window_share"]

STATES = {"jpsi": (443, 3.0969), "psi2s": (100443, 3.6861), "upsilon": (553, 9.4604)}
"""PDG id and mass in GeV of the states with shapes of their own."""
_BR_UPSILON = 0.0248
_UPSILON_1S = 0.73
"""Share of the 1S in the dilepton-weighted sum of the three Upsilon states: 2101/(2101 + 526 + 242), the LHCb
values at 5 TeV (arXiv:2212.12664); 0.7 at fixed target."""
_BR_1S, _BR_2S, _BR_3S = 1.340 / 54.02, 0.612 / 31.98, 0.443 / 20.32
"""Gamma_ee/Gamma of the Upsilon states, Particle Data Group."""
_HALF_BIN = 0.25
"""Half-width in y of the bin that stands for dN/dy at y = 0."""


@dataclass(frozen=True)
class Measurement:
    """A published cross-section.

    Attributes
    ----------
    state : str
    sqrt_s : float
        GeV.
    value, error : float
        nb per nucleon, or a ratio to the ground state for excited ones.
    divide : float
        Branching ratio (times other factors) in the value.
    window : tuple of float, optional
        Range of y; all of phase space without it.
    pt_max : float
        GeV.
    per_y : bool
        The value is d sigma/dy at y = 0.
    source : str
    """

    state: str
    sqrt_s: float
    value: float
    error: float
    source: str
    divide: float = 1.0
    window: tuple[float, float] | None = None
    pt_max: float = float("inf")
    per_y: bool = False


MEASUREMENTS = (
    Measurement("jpsi", 20.0, 2 * 638.0 * (1.0 - 3.0969 / 20.0) ** 12, 2 * 104.0 * (1.0 - 3.0969 / 20.0) ** 12,
                "fit to fixed-target data with x_F > 0, 638(104) nb (1 - m/sqrt s)^12, hep-ph/9403387; both sides"),
    Measurement("jpsi", 41.6, 663.0, sqrt(74.0**2 + 46.0**2), "HERA-B, hep-ex/0512029"),
    Measurement("jpsi", 68.5, 506.0, sqrt(8.0**2 + 46.0**2), "LHCb pNe, arXiv:2211.11645", window=(-2.29, 0.0)),
    Measurement("jpsi", 200.0, 178.0, sqrt(3.0**2 + 53.0**2 + 18.0**2), "PHENIX, hep-ex/0611020", divide=0.0594),
    Measurement("jpsi", 13000.0, 15300.0, 860.0, "LHCb prompt, arXiv:1509.00771 with erratum", window=(2.0, 4.5),
                pt_max=14.0),
    Measurement("psi2s", 68.5, 0.0167, 0.0029, "LHCb pNe, ratio of dimuon rates, arXiv:2211.11645",
                divide=8.0e-3 / 5.961e-2),
    Measurement("psi2s", 8000.0, 1.18 / 8.63, 0.026, "ALICE, inclusive, 2.5 < y < 4, arXiv:1509.08258"),
    Measurement("upsilon", 29.1, 0.27e-3, 0.03e-3, "NA50, sum of three states, hep-ex/0603049",
                divide=_BR_UPSILON / _UPSILON_1S, window=(-0.5, 0.6)),
    Measurement("upsilon", 41.6, 4.5e-3, 1.1e-3, "HERA-B, sum of three states, hep-ex/0603015",
                divide=_BR_UPSILON / _UPSILON_1S, per_y=True),
    Measurement("upsilon", 5020.0, 2.101, sqrt(0.033**2 + 0.083**2), "LHCb, arXiv:2212.12664",
                divide=_BR_UPSILON, window=(2.0, 4.5), pt_max=20.0),
    Measurement("upsilon", 13000.0, 4.687, 0.294, "LHCb, arXiv:1804.09214", divide=_BR_UPSILON, window=(2.0, 4.5),
                pt_max=15.0),
    Measurement("upsilon2s", 5020.0, 526.0 / 2101.0, 0.02 * 526.0 / 2101.0, "LHCb, ratio of dimuon rates,"
                " arXiv:2212.12664", divide=_BR_2S / _BR_1S),
    Measurement("upsilon2s", 7000.0, 0.562 / 2.29, 0.02 * 0.562 / 2.29, "LHCb, ratio of dimuon rates, arXiv:1202.6579",
                divide=_BR_2S / _BR_1S),
    Measurement("upsilon3s", 5020.0, 242.0 / 2101.0, 0.03 * 242.0 / 2101.0, "LHCb, ratio of dimuon rates,"
                " arXiv:2212.12664", divide=_BR_3S / _BR_1S),
    Measurement("upsilon3s", 7000.0, 0.283 / 2.29, 0.03 * 0.283 / 2.29, "LHCb, ratio of dimuon rates, arXiv:1202.6579",
                divide=_BR_3S / _BR_1S),
)  # fmt: skip
"""Inputs; excited states as a ratio of cross-sections to the ground state, with the statistical error where the paper
gives no error of the ratio."""


def window_share(m: Measurement, n_events: int, seed: int) -> float:
    """Share f of the generator's vectors in the window of a measurement; 1 where it covers phase space."""
    if m.window is None and not m.per_y:
        return 1.0
    pdg, mass = STATES[m.state]
    beams = replace(get_facility("LHC"), name="measurement", beam_energy=0.5 * m.sqrt_s)
    pt, pz, _ = vector_momenta(quarkonium_settings(beams, pdg), pdg, n_events, seed, beams.total)
    y = np.arcsinh(pz / np.hypot(pt, mass))
    if m.per_y:
        return float(np.mean(np.abs(y) < _HALF_BIN)) / (2.0 * _HALF_BIN)
    low, high = m.window or (-np.inf, np.inf)
    mirrored = (np.mean((sign * y > low) & (sign * y < high) & (pt < m.pt_max)) for sign in (1.0, -1.0))
    return float(0.5 * sum(mirrored))


def make_cross_sections(output: Path, n_events: int = 20_000, seed: int = 1) -> None:
    """Write ``cross_sections.json``."""
    states: dict[str, list[dict[str, Any]]] = {m.state: [] for m in MEASUREMENTS}
    for m in MEASUREMENTS:
        share = window_share(m, n_events, seed)
        sigma = m.value / (m.divide * share)
        point = {k: v for k, v in asdict(m).items() if k not in {"state", "sqrt_s", "error", "pt_max"}}
        pt_max = m.pt_max if np.isfinite(m.pt_max) else None
        states[m.state].append(
            {"sqrt_s_GeV": m.sqrt_s, "sigma": sigma, "error": sigma * m.error / m.value, "share": share}
            | {f"measured_{k}" if k in {"value", "divide", "window"} else k: v for k, v in point.items()}
            | {"measured_error": m.error, "measured_pt_max_GeV": pt_max}
        )
    about = {"generator": pythia_version(), "n_events": n_events, "seed": seed, "unit": "nb per nucleon"}
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}") from error
    with atomic_path(output / "cross_sections.json") as part:
        part.write_text(dump_json(about | {"states": states}) + "\n", encoding="utf-8")


def make_quarkonium(
    facility: Facility,
    output: Path,
    n_events: int = 20_000,
    seed: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Write ``FACILITY.npz`` and ``FACILITY.json``: the shapes of the states that the facility makes."""
    arrays: dict[str, Any] = {}
    samples: dict[str, Any] = {}
    for i, state in enumerate(SHAPES[facility.name]):
        pdg, mass = STATES[state]
        if sqrt(facility.s) <= mass + 2.0 * M_P:
            continue
        settings = quarkonium_settings(facility, pdg)
        table, about = make_shape(facility, mass, settings, pdg, n_events, seed + i)
        arrays |= pack_shapes(ShapeTable(np.array([mass]), (table,)), state)
        samples[state] = {"settings": list(settings), **about}
        progress(f"{facility.name} {state}: {about}")
    about_all = {"facility": facility.name, "generator": pythia_version(), "samples": samples}
    write_table(output, facility.name, arrays, about_all)
