"""Uncertainty of the hadronic width by region of mass.

Relative sizes follow the agreement with the PDG R compilation: 2 % below 1.6 GeV, 8 % to 2.0 (modes that no fit
describes), 5 % to 3.7, 15 % to 4.6 (interference of the psi states), 3 % above.  ``width-high`` moves all regions
together, ``width-1.6-2.0-high`` one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CENTRAL", "REGIONS", "VARIATIONS", "check_variation", "width_factor"]

CENTRAL = "central"
REGIONS = {
    "0-1.6": (0.0, 1.6, 0.02), "1.6-2.0": (1.6, 2.0, 0.08), "2.0-3.7": (2.0, 3.7, 0.05),
    "3.7-4.6": (3.7, 4.6, 0.15), "4.6-10": (4.6, np.inf, 0.03),
}  # fmt: skip
"""Lower and upper end in GeV and relative uncertainty of the hadronic width."""
VARIATIONS = (
    "width-low",
    "width-high",
    *(f"width-{region}-{side}" for region in REGIONS for side in ("low", "high")),
)
"""Names of all variations."""


def check_variation(name: str) -> str:
    """Return the name if it is ``central`` or a variation."""
    if name not in (CENTRAL, *VARIATIONS):
        raise UnknownNameError("variation of the width", name, (CENTRAL, *VARIATIONS))
    return name


def width_factor(name: str, mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor on the hadronic width at masses in GeV, shape of ``mass``."""
    factor = np.ones_like(mass)
    if name == CENTRAL:
        return factor
    sign = 1.0 if name.endswith("high") else -1.0
    which = name.removeprefix("width-").removesuffix("high").removesuffix("low").rstrip("-")
    for region, (low, high, size) in REGIONS.items():
        if which in ("", region):
            factor = np.where((mass >= low) & (mass < high), 1.0 + sign * size, factor)
    return factor
