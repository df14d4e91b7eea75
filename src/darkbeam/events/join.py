"""Batches of events put one behind the other."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.events.record import Events

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["concatenate"]

_SHARED = {"source_names", "channel_names", "parent_pdg", "card", "variations", "offset"}


def concatenate(parts: Sequence[Events]) -> Events:
    """Put batches of one run one behind the other; names and card are those of the first."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    joined: dict[str, Any] = {
        f.name: np.concatenate([getattr(p, f.name) for p in parts], axis=-1)
        for f in fields(Events)
        if f.name not in _SHARED
    }
    counts = np.concatenate([p.multiplicity for p in parts])
    variations = {name: np.concatenate([p.variations[name] for p in parts]) for name in first.variations}
    offset = np.concatenate([[0], np.cumsum(counts)])
    return replace(first, **joined, variations=variations, offset=offset)
