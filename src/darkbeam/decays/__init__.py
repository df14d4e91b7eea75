"""Rest-frame sampling of decay final states."""

from __future__ import annotations

from .channels import FINAL_STATES, SAMPLERS, Sampler, final_state_class
from .products import Products
from .sampling import DecayModel, sample_rest
from .setting import DecaySetting

__all__ = [
    "FINAL_STATES",
    "SAMPLERS",
    "DecayModel",
    "DecaySetting",
    "Products",
    "Sampler",
    "final_state_class",
    "sample_rest",
]
