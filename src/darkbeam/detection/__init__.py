"""Detection of millicharged particles."""

from __future__ import annotations

from .detectors import (
    LIGHT_YIELDS,
    SLAB_HITS,
    Detector,
    RecoilDetector,
    ScintillatorBars,
    SkipperCCD,
    Slabs,
    light_yield,
)
from .recoil import (
    SPINS,
    cross_section,
    differential,
    electron_cos,
    largest_recoil,
    mediator_cross_section,
    mediator_differential,
    recoil_at_angle,
)

__all__ = [
    "LIGHT_YIELDS", "SLAB_HITS", "SPINS", "Detector", "RecoilDetector", "ScintillatorBars", "SkipperCCD", "Slabs",
    "cross_section", "differential", "electron_cos", "largest_recoil", "light_yield", "mediator_cross_section",
    "mediator_differential", "recoil_at_angle",
]  # fmt: skip
