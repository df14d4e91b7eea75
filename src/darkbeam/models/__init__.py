"""Particle models: couplings, widths, lifetimes, branching ratios."""

from __future__ import annotations

from .catalogue import MODEL_NAMES, get_model
from .charges import Charges
from .dark_photon import DarkPhoton, decays_json
from .dark_sector import DarkSector
from .vector import VectorModel

__all__ = ["MODEL_NAMES", "Charges", "DarkPhoton", "DarkSector", "VectorModel", "decays_json", "get_model"]
