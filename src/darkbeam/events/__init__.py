"""Decay events of an experiment: sampling, files, summaries."""

from __future__ import annotations

from .record import Events

__all__ = ["Events"]
