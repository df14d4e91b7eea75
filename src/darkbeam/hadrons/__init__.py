"""Hadronic currents: time-like form factors and e+e- -> hadrons cross-section ratios."""

from __future__ import annotations
