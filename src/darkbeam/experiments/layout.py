"""What stands behind the decay volume: planes and dipoles.

Plain frozen records, filled from a card by `darkbeam.experiments.build_detector`.  Lengths in m, z from the
production point, fields in tesla.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .detector_planes import DetectorPlane
    from .sections import Section

__all__ = ["CHANNEL_CLASSES", "Detector", "Magnet", "channel_classes"]

CHANNEL_CLASSES = ("ee", "mumu", "tautau", "hadrons")
"""Classes of final states that cards speak about."""

_CLASS_OF_CHANNEL = {"e+e-": "ee", "mu+mu-": "mumu", "tau+tau-": "tautau"}


def channel_classes(names: tuple[str, ...]) -> NDArray[np.int64]:
    """Index into `CHANNEL_CLASSES` of each decay channel; whatever is not a lepton pair is hadronic.

    Examples
    --------
    >>> channel_classes(("e+e-", "pi+pi-", "mu+mu-")).tolist()
    [0, 3, 1]
    """
    known = {name: name for name in CHANNEL_CLASSES} | _CLASS_OF_CHANNEL
    return np.array([CHANNEL_CLASSES.index(known.get(name, "hadrons")) for name in names], dtype=np.int64)


@dataclass(frozen=True)
class Magnet:
    """Uniform field along +y or +x between two planes perpendicular to the beam.

    Attributes
    ----------
    z_min, z_max : float
        Ends of the field, m.
    field : float
        T.
    enabled : bool
        Without it the magnet neither bends nor stops anything.
    axis : str
        "y" or "x", the direction of the field.
    aperture : Section or None
        Opening; whatever hits the yoke around it is lost.  None: no yoke.
    followed : bool
        The aperture is asked all along the arc, not only at both ends of the field.
    """

    z_min: float
    z_max: float
    field: float
    enabled: bool = True
    axis: str = "y"
    aperture: Section | None = None
    followed: bool = False


@dataclass(frozen=True)
class Detector:
    """Planes that the products must cross.

    Attributes
    ----------
    is_decay_volume : bool
        The decay volume is the detector: no geometric condition.
    has_ecal : bool
        Photons and neutral hadrons can be seen.
    planes : tuple of DetectorPlane
        A product must cross those that are for its kind, and be of a kind that one of them is for.
    required : str
        "all" of them, or "any".
    ecal : float or None
        Front of the calorimeter, m; for figures.
    """

    is_decay_volume: bool
    has_ecal: bool
    planes: tuple[DetectorPlane, ...] = ()
    required: str = "all"
    ecal: float | None = None
