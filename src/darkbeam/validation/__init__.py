"""Comparison with published contours, which are read from a folder and never shipped."""

from __future__ import annotations

from .cases import CASES, Case, Reading
from .compare import Comparison, Run, compare

__all__ = ["CASES", "Case", "Comparison", "Reading", "Run", "compare"]
