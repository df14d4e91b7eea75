"""Experiments: cards, solids, detectors, selections."""

from __future__ import annotations

from .acceptance import Acceptance, accept
from .cards import experiment_from_card, list_experiments, load_experiment
from .detector_planes import DetectorPlane, Plane
from .efficiency import EfficiencyTable
from .experiment import Experiment
from .geometry import Aim, AnnularCylinder, Box, Cylinder, Frustum, Segments, Solid
from .layout import CHANNEL_CLASSES, Detector, Magnet, channel_classes
from .sections import Section
from .selection import Requirement, Selection, Thresholds
from .smearing import Smearing

__all__ = [
    "CHANNEL_CLASSES", "Acceptance", "Aim", "AnnularCylinder", "Box", "Cylinder", "Detector", "DetectorPlane",
    "EfficiencyTable", "Experiment", "Frustum", "Magnet", "Plane", "Requirement", "Section", "Segments",
    "Selection", "Smearing", "Solid", "Thresholds", "accept",
    "channel_classes", "experiment_from_card", "list_experiments", "load_experiment",
]  # fmt: skip
