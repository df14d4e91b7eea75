"""The command line; each command is a thin call to a library function."""

from __future__ import annotations
