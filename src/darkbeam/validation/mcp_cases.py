"""All published curves of millicharged particles that are compared."""

from __future__ import annotations

from .mcp_cases_fixed_target import FIXED_TARGET_CASES
from .mcp_cases_lhc import LHC_CASES

__all__ = ["MCP_CASES"]

MCP_CASES = (*LHC_CASES, *FIXED_TARGET_CASES)
