"""Physical constants and particle masses: the one table of numbers.

Natural units: GeV for energies, momenta, masses and widths; metres for lengths; millibarn for
cross-sections.  Masses and widths follow the Particle Data Group as distributed in the package
``particle`` (a test compares every entry with it); the fundamental constants are CODATA 2022
(https://physics.nist.gov/constants).  They are written out here because importing and parsing the
full particle table would cost more than all the rest of the start-up.
"""

from __future__ import annotations

__all__ = [
    "ALPHA", "E_CHARGE", "FB_PER_MB", "GEV2_MB", "HBARC_GEV_M", "KAPPA_P",
    "M_B", "M_D", "M_DELTA", "M_E", "M_ETA", "M_ETAP", "M_K", "M_K0", "M_KSTAR", "M_MU", "M_N", "M_OMEGA",
    "M_P", "M_PHI", "M_PI", "M_PI0", "M_RHO", "M_TAU", "TESLA_M_GEV", "W_OMEGA", "W_PHI",
]  # fmt: skip

ALPHA = 7.2973525643e-3
"""Fine-structure constant at zero momentum transfer (CODATA 2022)."""
E_CHARGE = 0.3028221209
"""Elementary charge sqrt(4 pi alpha), dimensionless."""
HBARC_GEV_M = 1.973269804e-16
"""hbar c in GeV m (CODATA 2022, exact)."""
GEV2_MB = 0.3893793721
"""(hbar c)^2 in GeV^2 mb."""
FB_PER_MB = 1.0e12
"""Femtobarn in one millibarn."""
TESLA_M_GEV = 0.299792458
"""Transverse momentum in GeV picked up by a unit charge in one tesla metre."""

M_E = 0.51099895069e-3
M_MU = 0.1056583755
M_TAU = 1.77693
M_PI = 0.13957039
M_PI0 = 0.1349768
M_K = 0.493677
M_K0 = 0.497611
M_ETA = 0.547862
M_ETAP = 0.95778
M_RHO = 0.77526
M_OMEGA = 0.78266
M_PHI = 1.019461
M_KSTAR = 0.89167
M_P = 0.93827208816
M_N = 0.93956542194
M_DELTA = 1.232
M_D = 1.86484
M_B = 5.27972

W_OMEGA = 8.68e-3
"""Width of the omega, GeV (Particle Data Group 2024)."""
W_PHI = 4.249e-3
"""Width of the phi, GeV (Particle Data Group 2024)."""

KAPPA_P = 1.79284734463
"""Anomalous magnetic moment of the proton in nuclear magnetons (CODATA 2022)."""
