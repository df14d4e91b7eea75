"""Decay events of an experiment: sampling, files, summaries.

The names below are imported on first use: reading a file does not need the calculation.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .record import Events

if TYPE_CHECKING:
    from .chunks import write_events
    from .run import EventRun, generate
    from .settings import EventSettings

__all__ = ["EventRun", "EventSettings", "Events", "generate", "write_events"]

_HOME = {"EventRun": "run", "EventSettings": "settings", "generate": "run", "write_events": "chunks"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'darkbeam.events' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
