"""Rest-frame sampling of decay final states."""

from __future__ import annotations
