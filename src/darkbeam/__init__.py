"""darkbeam: dark photons and millicharged particles from proton beams."""

from __future__ import annotations

__version__ = "0.1.0"
