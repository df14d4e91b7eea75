"""Particle models: couplings, widths, lifetimes, branching ratios."""

from __future__ import annotations
