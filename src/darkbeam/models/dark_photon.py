"""The dark photon, mixed kinetically with the photon: the default model, with electric charges."""

from __future__ import annotations

from dataclasses import dataclass

from .charges import PHOTON_CHARGES, Charges
from .vector import MASS_RANGE, VISIBLE, VectorModel

__all__ = ["CHANNELS", "MASS_RANGE", "DarkPhoton", "decays_json"]

CHANNELS = VISIBLE
"""Keys of `DarkPhoton.branching`."""


@dataclass(frozen=True)
class DarkPhoton(VectorModel):
    """Kinetically mixed dark photon, coupled to the electromagnetic current with epsilon e.

    Examples
    --------
    >>> model = DarkPhoton()
    >>> print(f"{model.ctau(0.1):.4e}")
    8.1123e-13
    """

    name: str = "dark-photon"
    charges: Charges = PHOTON_CHARGES


def decays_json(mass: float, model: VectorModel | None = None, epsilon: float = 1.0) -> dict[str, object]:
    """Width, lifetime and branching ratios of one mass, ready for JSON."""
    model = model or DarkPhoton()
    return {
        "mass_GeV": float(mass),
        "width_GeV": float(model.width(mass, epsilon)),
        "ctau_m": float(model.ctau(mass, epsilon)),
        "branching": {name: float(b) for name, b in model.branching(mass, epsilon).items()},
    }
