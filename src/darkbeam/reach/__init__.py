"""From flux and experiment to events, couplings and contours."""

from __future__ import annotations
