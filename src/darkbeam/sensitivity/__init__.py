"""From flux and experiment to events, couplings and contours."""

from __future__ import annotations

from .api import decay_spectra, reach
from .options import Options
from .result import Reach
from .single import Rate, rate
from .spectrum import DecaySpectrum

__all__ = ["DecaySpectrum", "Options", "Rate", "Reach", "decay_spectra", "rate", "reach"]
