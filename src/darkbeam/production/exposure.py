"""From an exposure to a number of inelastic collisions.

Rates are per inelastic collision.  In a dump every proton is absorbed: one proton on target is one inelastic
collision (its secondaries are not followed).  At a collider the number is luminosity times the inelastic
cross-section of the facility, the same number that normalises the bremsstrahlung.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.constants import FB_PER_MB
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from darkbeam.facilities import Facility

__all__ = ["collisions"]


def collisions(facility: Facility, pot: float | None, lumi_fb: float | None) -> float:
    """Inelastic collisions of an exposure.

    Parameters
    ----------
    facility : Facility
    pot : float or None
        Protons on target; for a dump.
    lumi_fb : float or None
        Integrated luminosity in inverse femtobarn; for a collider.

    Raises
    ------
    ValueRangeError
        If the exposure does not fit the facility or is not positive.
    """
    given, unit = (lumi_fb, "--lumi (fb^-1)") if facility.collider else (pot, "--pot")
    if given is None or not 0.0 < given < float("inf"):
        raise ValueRangeError(f"{facility.name} needs a positive exposure as {unit}, not {given}")
    return given * facility.sigma_inel_mb * FB_PER_MB if facility.collider else given
