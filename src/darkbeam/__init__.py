"""darkbeam: dark photons and millicharged particles from proton beams.

>>> import darkbeam
>>> print(f"{darkbeam.DarkPhoton().ctau(0.01):.3e} m at epsilon = 1")
8.113e-12 m at epsilon = 1
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkbeam.citations import bibliography
    from darkbeam.errors import DarkbeamError
    from darkbeam.experiments import Experiment, list_experiments, load_experiment
    from darkbeam.models import DarkPhoton
    from darkbeam.sensitivity import DecaySpectrum, Options, Rate, Reach, decay_spectra, rate, reach

__version__ = "0.1.0"

_HOME = {
    "DarkPhoton": "darkbeam.models",
    "DarkbeamError": "darkbeam.errors",
    "DecaySpectrum": "darkbeam.sensitivity",
    "Experiment": "darkbeam.experiments",
    "Options": "darkbeam.sensitivity",
    "Rate": "darkbeam.sensitivity",
    "Reach": "darkbeam.sensitivity",
    "bibliography": "darkbeam.citations",
    "list_experiments": "darkbeam.experiments",
    "load_experiment": "darkbeam.experiments",
    "rate": "darkbeam.sensitivity",
    "reach": "darkbeam.sensitivity",
    "decay_spectra": "darkbeam.sensitivity",
}
"""Public names and where they live; they are imported on first use, so that ``import darkbeam`` is quick."""

__all__ = [
    "DarkPhoton",
    "DarkbeamError",
    "DecaySpectrum",
    "Experiment",
    "Options",
    "Rate",
    "Reach",
    "__version__",
    "bibliography",
    "decay_spectra",
    "list_experiments",
    "load_experiment",
    "rate",
    "reach",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'darkbeam' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
