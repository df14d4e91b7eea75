"""Production of dark photons in proton collisions."""

from __future__ import annotations

from .catalogue import make_sources, resonance_nodes, source_names, variation_labels
from .source import N_BLOCKS, Flux, Source

__all__ = [
    "N_BLOCKS",
    "Flux",
    "Source",
    "make_sources",
    "resonance_nodes",
    "source_names",
    "variation_labels",
]
