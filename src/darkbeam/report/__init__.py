"""Reports of a run that open in a browser without a network."""

from __future__ import annotations

from .page import Page

__all__ = ["Page"]
