"""Experiments: cards, solids, detectors, selections."""

from __future__ import annotations
