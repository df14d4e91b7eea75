"""Particle models: couplings, widths, lifetimes, branching ratios."""

from __future__ import annotations

from .dark_photon import DarkPhoton, decays_json

__all__ = ["DarkPhoton", "decays_json"]
