"""Light dark matter in neutrino detectors: cards, photons on and off the mass shell, and reach."""

from __future__ import annotations
