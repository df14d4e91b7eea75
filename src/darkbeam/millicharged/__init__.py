"""Millicharged particles: cards of experiments, simulation and reach."""

from __future__ import annotations

from .card import ALL, McpExperiment, card_names, describe, load_mcp_experiment

__all__ = ["ALL", "McpExperiment", "card_names", "describe", "load_mcp_experiment"]
