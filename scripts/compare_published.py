"""Compare contours with published ones: ratios of epsilon at fixed masses, missing events, and mass tips.

    python scripts/compare_published.py DIR [NAME ...]

DIR holds the published curves (``dp_darkcast/*.csv`` with columns m_GeV, epsilon_lower, epsilon_upper; and
``dp_past/*.csv``, ``dp_senscalc_joined/*.csv``, polylines m_GeV, epsilon).  They are comparison data and never an
input.  Each curve is compared twice: with the shipped card ("card"), and with the conventions of its source as
far as they are public ("source").  The last two columns are threshold / N(published epsilon) of the second: the
factor by which the source must have more events than darkbeam on the lower edge, and on the upper edge.
``docs/comparisons.md`` discusses the tables that this script prints; nothing here is fitted.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import DarkbeamError
from darkbeam.production import resonance_nodes
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.weighted import innermost
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.contour import Curve, intervals
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.point import compute_point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.production.source import Source
    from darkbeam.sensitivity.point import Setup

Edges = tuple[float, float]

MESONS = ("meson:pi0", "meson:eta", "meson:etap")
BREM = "bremsstrahlung"


@dataclass(frozen=True)
class Reading:
    """How to run: changes of the card as TOML, of bremsstrahlung, of the yields of sources, and the threshold."""

    card: str = ""
    brem: Mapping[str, Any] = field(default_factory=dict)
    yields: Mapping[str, float] = field(default_factory=dict)
    threshold: float | None = None
    normalisation: str = "inelastic"


@dataclass(frozen=True)
class Case:
    """One published curve."""

    name: str
    experiment: str
    file: str
    masses: tuple[float, ...]
    sources: tuple[str, ...]
    first: Reading = field(default_factory=Reading)
    second: Reading | None = None
    description: str = "baseline"


FULL = "[efficiency]\nee = 1.0\nmumu = 1.0\n"
ONE_SHOWER = FULL + "[selection]\nrequired_products = 1\nenergy_sum_min_GeV = 3.0\n"
POINT = {"form_factor": "point"}

# Multiplicities per proton, cuts and volumes of BdNMC (github.com/pgdeniverville/BdNMC, par_writer.py), the
# program of an author of arXiv:1908.07525; yields divided by ours: 1.95 pi0 and eta/pi0 = 0.114 at 70 GeV, 2.4 and
# 0.105 at 400 GeV.
NUCAL_TSAI = Reading(
    ONE_SHOWER,
    {"pt_max": 2.0, "normalisation": "one"},
    {"meson:pi0": 1.95 / 2.866, "meson:eta": 1.95 * 0.114 / 0.340},
)
CHARM_TSAI = Reading(
    FULL + "[decay_volume]\nz_min_m = 462.5\n",
    {"z_max": 0.9, "normalisation": "one"},
    {"meson:pi0": 2.4 / 4.715, "meson:eta": 2.4 * 0.105 / 0.578},
)
# SensCalc: yields averaged over elastic collisions and its own weight of bremsstrahlung; NuCal with the efficiencies
# of our card and 3.6 events, the values of ALPINIST (arXiv:2201.05170).
NUCAL_SENSCALC = Reading(
    brem={"normalisation": "senscalc", "form_factor": "vmd-senscalc"}, threshold=3.6, normalisation="all"
)
# FairShip (github.com/ShipSoft/FairShip, dpProductionRates.py, proton_bremsstrahlung.py): mesons per proton;
# 0.14 < z < 0.86; pT < 4 GeV (recollection of arXiv:2011.05115); and an integral over -pi/2 < theta < pi/2, twice
# the physical yield, here written as half of the threshold.
SHIP_PI0 = Reading(yields={"meson:pi0": 6.166 / 4.715})
SHIP_ETA = Reading(yields={"meson:eta": 0.7012 / 0.5779})
SHIP_BREM = Reading(
    brem={"z_min": 0.14, "z_max": 0.86, "pt_max": 4.0, "normalisation": "one"}, threshold=0.5 * 2.3
)

# Selection of arXiv:2303.08666 as far as remembered: p > 10 GeV, vertex 105 to 180 m from the T10 target.
NA62_COLLABORATION = Reading(
    "[selection]\nmomentum_each_min_GeV = 10.0\n[decay_volume]\nz_min_m = 82.0\nlength_m = 75.0\n"
)

DARKCAST = "dp_darkcast/"
CASES = (
    Case("NuCal pi0", "NuCal", DARKCAST + "NuCAL_Blumlein1990ay.csv", (0.005, 0.02, 0.05, 0.08, 0.1, 0.12),
         MESONS[:1], second=Reading(ONE_SHOWER)),
    Case("NuCal bremsstrahlung, F1 = 1", "NuCal", DARKCAST + "NuCAL_Blumlein1991xh.csv",
         (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5), (BREM,), Reading(brem=POINT),
         Reading(ONE_SHOWER, POINT | {"normalisation": "one"})),
    Case("CHARM eta", "CHARM", DARKCAST + "CHARM_Bergsma1985qz.csv", (0.01, 0.05, 0.1, 0.2, 0.25), MESONS[1:2],
         second=Reading(FULL + "[selection]\nrequired_products = 1\n")),
    Case("CHARM Tsai", "CHARM", DARKCAST + "CHARM_Tsai2019mtm.csv", (0.005, 0.02, 0.05, 0.1, 0.15, 0.2),
         (*MESONS[:2], BREM), second=CHARM_TSAI),
    Case("NuCal Tsai", "NuCal", DARKCAST + "NuCAL_Tsai2019mtm.csv", (0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6),
         (*MESONS[:2], BREM), second=NUCAL_TSAI),
    Case("NA62 Tsai", "NA62_dump_full", DARKCAST + "NA62_Tsai2019mtm.csv", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6),
         (*MESONS[:2], BREM), second=Reading('[magnet]\nenabled = false\n[selection]\nfinal_states = ["ee"]\n')),
    Case("SeaQuest Tsai", "DarkQuest_phase1", DARKCAST + "SeaQuest_Tsai2019mtm_run1.csv",
         (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2), (*MESONS[:2], BREM),
         second=Reading('[selection]\nfinal_states = ["ee"]\n')),
    Case("FASER 2022", "FASER_2022", "dp_past/faser_27ifb_2023.csv", (0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07),
         MESONS[:2]),
    Case("SHiP ECN4 pi0", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_meson_pi0.csv", (0.005, 0.01, 0.02, 0.05),
         MESONS[:1], second=SHIP_PI0),
    Case("SHiP ECN4 eta", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_meson_eta.csv",
         (0.01, 0.05, 0.1, 0.2, 0.3, 0.4), MESONS[1:2], second=SHIP_ETA),
    Case("SHiP ECN4 bremsstrahlung, VMD", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_brem_vmd.csv",
         (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2, 1.5, 2.0), (BREM,), second=SHIP_BREM),
    Case("NA62 2021 mesons", "NA62_dump_2021", "dp_past/na62_2021_mesons_only_collab.csv",
         (0.012, 0.02, 0.05, 0.1, 0.2, 0.3), MESONS,
         second=NA62_COLLABORATION),
    Case("NA62 2021 with bremsstrahlung", "NA62_dump_2021", "dp_past/na62_2021_with_brem_collab.csv",
         (0.012, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.6), (*MESONS, BREM), Reading(brem=POINT),
         Reading(brem=POINT | {"pt_max": 4.0, "normalisation": "one"})),
    Case("Joined dumps, baseline: NuCal", "NuCal", "dp_senscalc_joined/beam_dumps_baseline.csv",
         (0.4, 0.5, 0.6, 0.7, 0.775, 0.9), (*MESONS, BREM), second=NUCAL_SENSCALC),
    Case("Joined dumps, FR: NuCal", "NuCal", "dp_senscalc_joined/beam_dumps_fr_central.csv",
         (0.4, 0.5, 0.6, 0.7, 0.775, 0.9), (*MESONS, BREM),
         second=replace(NUCAL_SENSCALC, brem={"normalisation": "senscalc"}), description="fr"),
)  # fmt: skip


def published(
    file: Path, masses: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Lower and upper edge at the given masses, and the largest mass."""
    rows = np.array([r.split(",") for r in file.read_text().splitlines() if r[:1] not in "#m"], dtype=float)
    tip = float(rows[:, 0].max())
    if rows.shape[1] == 3:
        ln_m = np.log(masses)
        inside = (ln_m >= np.log(rows[0, 0])) & (ln_m <= np.log(rows[-1, 0]))
        edges = [
            np.where(inside, np.exp(np.interp(ln_m, *np.log(rows[:, [0, k]].T))), np.nan) for k in (1, 2)
        ]
        return edges[0], edges[1], tip
    found = np.array([_crossings(rows[:, 0], np.log(rows[:, 1]), m) for m in masses])
    return found[:, 0], found[:, 1], tip


def _crossings(x: NDArray[np.float64], y: NDArray[np.float64], m: float) -> Edges:
    """Smallest and largest epsilon at which a polyline (mass, ln epsilon) crosses a mass."""
    cross = np.flatnonzero((x[:-1] - m) * (x[1:] - m) <= 0.0)
    at = [y[k] + (y[k + 1] - y[k]) * (m - x[k]) / (x[k + 1] - x[k]) for k in cross if x[k + 1] != x[k]]
    return (float(np.exp(min(at))), float(np.exp(max(at)))) if len(at) > 1 else (np.nan, np.nan)


def build(case: Case, reading: Reading) -> tuple[Setup, float]:
    """Setup and threshold of one reading of a case."""
    options = Options(
        sources=case.sources, brem=case.description, form_factors="none", normalisation=reading.normalisation
    )
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder) / "card.toml"
        card.write_text(f'based_on = "{case.experiment}"\n{reading.card}')
        experiment, setup, _ = prepare(card, options)
    sources = tuple(_changed(s, reading) for s in setup.sources)
    return replace(setup, sources=sources), reading.threshold or experiment.n_events


def _changed(source: Source, reading: Reading) -> Source:
    """Return the source of a reading, without the wrappers that add variations."""
    source = next(innermost(source))
    if isinstance(source, Bremsstrahlung):
        return replace(source, **reading.brem)
    if isinstance(source, MesonDecay):
        return replace(source, scale=source.scale * reading.yields.get(source.name, 1.0))
    return source


def at_mass(setup: Setup, mass: float, threshold: float, low: float, high: float) -> tuple[Edges, Edges]:
    """Ratios of the edges to the published ones, and threshold / N at the published edges."""
    spectrum = compute_point(setup, mass).by_variation["central"]
    found = intervals(Curve.of(spectrum, threshold), threshold)
    ratios = (found[0].lower.epsilon / low, found[-1].upper.epsilon / high) if found else (np.nan, np.nan)
    with np.errstate(divide="ignore"):
        missing = threshold / spectrum.events(np.array([low, high]))
    return ratios, (float(missing[0]), float(missing[1]))


def tip(setup: Setup, threshold: float, start: float) -> float:
    """Largest mass at which a region exists."""

    def above(mass: float) -> bool:
        if not setup.sources_at(mass):
            return False
        curve = Curve.of(compute_point(small, mass).by_variation["central"], threshold)
        return bool(np.any(curve.events > threshold))

    small = replace(setup, n_draws=10_000)
    end = min(max(s.valid[1] for s in setup.sources), 3.0)
    nodes = np.array(resonance_nodes(setup.sources, start, end))
    grid = np.unique(np.concatenate([np.geomspace(start, end, 25), nodes[(nodes > 0.7) & (nodes < 1.1)]]))
    last = next((k for k in range(len(grid) - 1, -1, -1) if above(float(grid[k]))), None)
    if last is None or last == len(grid) - 1:
        return float("nan") if last is None else end
    low, high = float(grid[last]), float(grid[last + 1])
    for _ in range(6):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above(middle) else (low, middle)
    return low


def run(case: Case, directory: Path) -> None:
    """Compute and print one comparison as a table."""
    low, high, published_tip = published(directory / case.file, case.masses)
    readings = [build(case, r) for r in (case.first, case.second) if r is not None]
    tips = [tip(setup, threshold, case.masses[0]) for setup, threshold in readings]
    shown = ", ".join(f"{t:.3g} ({name})" for t, name in zip(tips, ("card", "source"), strict=False))
    print(f"\n### {case.name}\n\nMass tip in GeV: {published_tip:.3g} published, {shown}\n", flush=True)
    both = len(readings) == 2
    columns = ["m [GeV]", "published lower", "lower", "upper"] + ["lower, source", "upper, source"] * both
    columns += ["events, lower", "events, upper"]
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for mass, a, b in zip(case.masses, low, high, strict=True):
        results = [at_mass(setup, mass, threshold, a, b) for setup, threshold in readings]
        ratios = " | ".join(f"{r:.2f}" for edges, _ in results for r in edges)
        missing = " | ".join(f"{f:.2g}" for f in results[-1][1])
        print(f"| {mass:g} | {a:.2e} | {ratios} | {missing} |", flush=True)


def main() -> None:
    """Run all cases, or those whose name contains one of the words given."""
    directory, words = Path(sys.argv[1]), [w.lower() for w in sys.argv[2:]]
    for case in CASES:
        if words and not any(w in case.name.lower() for w in words):
            continue
        try:
            run(case, directory)
        except (DarkbeamError, OSError) as error:
            print(f"\n### {case.name}\n\nnot compared: {error}")


if __name__ == "__main__":
    main()
