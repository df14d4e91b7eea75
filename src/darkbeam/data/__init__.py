"""Data shipped with darkbeam; each folder has a README."""

from __future__ import annotations
