"""Production of dark photons in proton collisions."""

from __future__ import annotations
