"""Statistics of counting experiments: how many signal events are excluded."""

from __future__ import annotations

from .counting import METHODS, Counting
from .joint import joint_confidence
from .workspace import workspace

__all__ = ["METHODS", "Counting", "joint_confidence", "workspace"]
