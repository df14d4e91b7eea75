"""Published contours, and how darkbeam is run to be compared with each.

A case is run twice: with the shipped card ("card"), and with the conventions of its source as far as they are public
("source").  Nothing here is fitted.  ``docs/comparisons.md`` discusses every case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from darkbeam.validation.curve import PublishedCurve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CASES", "Case", "Reading"]

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
class Case(PublishedCurve):
    """A curve of dark photons; see `darkbeam.validation.curve.PublishedCurve`.

    Attributes
    ----------
    sources : tuple of str
    first, second : Reading
        The shipped card, and the conventions of the source where any are public.
    description : str
        Description of bremsstrahlung.
    """

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
         MESONS[:1], second=Reading(ONE_SHOWER),
         reason="10 GeV (our card) instead of 3 GeV as in BdNMC, one shower, efficiency 1; the rest is the pp "
         "spectrum of the source, 2 to 5 times harder at the highest energies"),
    Case("NuCal bremsstrahlung, F1 = 1", "NuCal", DARKCAST + "NuCAL_Blumlein1991xh.csv",
         (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5), (BREM,), Reading(brem=POINT),
         Reading(ONE_SHOWER, POINT | {"normalisation": "one"}),
         reason="efficiency, weight of the cross-section, one shower and 3 GeV explain the lower edge; 2 to 5 "
         "fewer events at the upper edge are not public"),
    Case("CHARM eta", "CHARM", DARKCAST + "CHARM_Bergsma1985qz.csv", (0.01, 0.05, 0.1, 0.2, 0.25), MESONS[1:2],
         second=Reading(FULL + "[selection]\nrequired_products = 1\n"),
         reason="the source has a softer spectrum and 5 to 10 times our eta on the lower edge; secondary "
         "collisions in the nucleus explain a factor 2; the rest is unrecoverable"),
    Case("CHARM Tsai", "CHARM", DARKCAST + "CHARM_Tsai2019mtm.csv", (0.005, 0.02, 0.05, 0.1, 0.15, 0.2),
         (*MESONS[:2], BREM), second=CHARM_TSAI,
         reason="explained by multiplicities, efficiency and decay volume of BdNMC"),
    Case("NuCal Tsai", "NuCal", DARKCAST + "NuCAL_Tsai2019mtm.csv", (0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6),
         (*MESONS[:2], BREM), second=NUCAL_TSAI,
         reason="a common factor 6 to 15 in events that is not public; the curve contradicts the F1 = 1 curve of "
         "the same data"),
    Case("NA62 Tsai", "NA62_dump_full", DARKCAST + "NA62_Tsai2019mtm.csv", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6),
         (*MESONS[:2], BREM), second=Reading('[magnet]\nenabled = false\n[selection]\nfinal_states = ["ee"]\n'),
         reason="no magnet in the source explains masses below 0.2 GeV; above, 0.15 to 0.4 in events is "
         "unrecoverable"),
    Case("SeaQuest Tsai", "DarkQuest_phase1", DARKCAST + "SeaQuest_Tsai2019mtm_run1.csv",
         (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2), (*MESONS[:2], BREM),
         second=Reading('[selection]\nfinal_states = ["ee"]\n'),
         reason="ee only explains the lower edge; the upper edge of the source has an unexplained step at 0.03 "
         "GeV"),
    Case("FASER 2022", "FASER_2022", "dp_past/faser_27ifb_2023.csv", (0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07),
         MESONS[:2],
         reason="efficiency (0.5 is a recollection) and generator (EPOS-LHC against Pythia with the forward "
         "tune), not separable"),
    Case("SHiP ECN4 pi0", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_meson_pi0.csv", (0.005, 0.01, 0.02, 0.05),
         MESONS[:1], second=SHIP_PI0,
         reason="multiplicities of non-diffractive events; 0.34 to 0.45 in events is an unpublished efficiency "
         "for soft tracks"),
    Case("SHiP ECN4 eta", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_meson_eta.csv",
         (0.01, 0.05, 0.1, 0.2, 0.3, 0.4), MESONS[1:2], second=SHIP_ETA,
         reason="multiplicities of non-diffractive events; 0.45 to 0.6 in events is an unpublished efficiency "
         "for soft tracks"),
    Case("SHiP ECN4 bremsstrahlung, VMD", "SHiP_ECN4_2e20", DARKCAST + "SHiP_Ahdida2020new_brem_vmd.csv",
         (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2, 1.5, 2.0), (BREM,), second=SHIP_BREM,
         reason="range of z, cut in pT and an integral over both signs of the angle in FairShip: explained"),
    Case("NA62 2021 mesons", "NA62_dump_2021", "dp_past/na62_2021_mesons_only_collab.csv",
         (0.012, 0.02, 0.05, 0.1, 0.2, 0.3), MESONS,
         second=NA62_COLLABORATION,
         reason="selection efficiency and yields are not public; the source lacks hard mesons on the upper edge"),
    Case("NA62 2021 with bremsstrahlung", "NA62_dump_2021", "dp_past/na62_2021_with_brem_collab.csv",
         (0.012, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.6), (*MESONS, BREM), Reading(brem=POINT),
         Reading(brem=POINT | {"pt_max": 4.0, "normalisation": "one"}),
         reason="pT range and weight explain the upper edge; the meson yields relative to bremsstrahlung are not "
         "recoverable"),
    Case("Joined dumps, baseline: NuCal", "NuCal", "dp_senscalc_joined/beam_dumps_baseline.csv",
         (0.4, 0.5, 0.6, 0.7, 0.775, 0.9), (*MESONS, BREM), second=NUCAL_SENSCALC,
         reason="weights of SensCalc and 3.6 events as in ALPINIST explain both edges"),
    Case("Joined dumps, FR: NuCal", "NuCal", "dp_senscalc_joined/beam_dumps_fr_central.csv",
         (0.4, 0.5, 0.6, 0.7, 0.775, 0.9), (*MESONS, BREM),
         second=replace(NUCAL_SENSCALC, brem={"normalisation": "senscalc"}), description="fr",
         reason="weights of SensCalc and 3.6 events as in ALPINIST explain both edges"),
)  # fmt: skip
