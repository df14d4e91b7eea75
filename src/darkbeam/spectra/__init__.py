"""Spectra of Standard Model mesons per inelastic collision."""

from __future__ import annotations
