"""Pure array kinematics.  Four-momenta are arrays ``(4, ...)`` ordered (E, px, py, pz), in GeV."""

from __future__ import annotations

from .boosts import boost_from_rest, mass_squared, rotate_to
from .two_body import breakup_momentum, kallen, two_body_rest

__all__ = ["boost_from_rest", "breakup_momentum", "kallen", "mass_squared", "rotate_to", "two_body_rest"]
