"""Experiments: cards, solids, detectors, selections."""

from __future__ import annotations

from .acceptance import Acceptance, accept
from .cards import experiment_from_card, list_experiments, load_experiment
from .experiment import Experiment
from .geometry import Aim, AnnularCylinder, Box, Cylinder, Frustum, Segments, Solid
from .layout import CHANNEL_CLASSES, Detector, Magnet, Section, Selection, channel_classes

__all__ = [
    "CHANNEL_CLASSES", "Acceptance", "Aim", "AnnularCylinder", "Box", "Cylinder", "Detector",
    "Experiment", "Frustum", "Magnet", "Section", "Segments", "Selection", "Solid", "accept",
    "channel_classes", "experiment_from_card", "list_experiments", "load_experiment",
]  # fmt: skip
