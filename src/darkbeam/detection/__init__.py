"""Detection of millicharged particles."""

from __future__ import annotations

from .detectors import LIGHT_YIELDS, Detector, RecoilDetector, ScintillatorBars, SkipperCCD, light_yield
from .recoil import SPINS, cross_section, differential, largest_recoil

__all__ = [
    "LIGHT_YIELDS", "SPINS", "Detector", "RecoilDetector", "ScintillatorBars", "SkipperCCD",
    "cross_section", "differential", "largest_recoil", "light_yield",
]  # fmt: skip
