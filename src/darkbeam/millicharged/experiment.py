"""An experiment that looks for millicharged particles: place, matter and magnet in front, detector, signal regions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.detection import Detector
    from darkbeam.propagation import Material

__all__ = ["Magnet", "McpExperiment", "Region", "Shield"]


@dataclass(frozen=True)
class Shield:
    """Matter between production and detector, from ``start`` over ``thickness`` (m)."""

    material: Material
    thickness: float
    start: float

    def lever(self, distance: float) -> float:
        """Root mean square of (L - s)/L over the matter."""
        a, b = distance - self.start, distance - self.start - self.thickness
        return sqrt((a * a + a * b + b * b) / 3.0) / distance


@dataclass(frozen=True)
class Magnet:
    """Field integral (T m) at a distance ``position`` (m) from the production point."""

    field_integral: float
    position: float


@dataclass(frozen=True)
class Region:
    """One of several signal regions: its detector, and the signal events that are excluded in it alone."""

    name: str
    detector: Detector
    limit: float


@dataclass(frozen=True)
class McpExperiment:
    """An experiment.

    Attributes
    ----------
    name, title, status, citations, facility
        As in `darkbeam.experiments.Experiment`.
    pot, lumi_fb : float or None
        Exactly one is given.
    n_events : float
        Expected events that make the contour; with signal regions, the limit of the first.
    distance, angle : float
        Of the centre of the face, m and rad from the beam.
    face : (float, float)
        Width and height, m.
    length : float
        Path of a particle along the axis: of one bar, of the volume, of one CCD; m.
    efficiency : float
        Share of signals that is kept, that of straight paths included.
    detector : Detector
    shielding : tuple of Shield
    magnet : Magnet or None
    variants : mapping of str to (Detector, float)
        Other detectors with their lengths.
    regions : tuple of Region
        Signal regions; a charge is excluded where one of them excludes it.
    unverified : tuple of str
        Keys of the card whose numbers were not checked against a paper.
    card : dict
        The content of the card.
    """

    name: str
    title: str
    status: str
    citations: tuple[str, ...]
    facility: str
    pot: float | None
    lumi_fb: float | None
    n_events: float
    distance: float
    angle: float
    face: tuple[float, float]
    length: float
    efficiency: float
    detector: Detector
    shielding: tuple[Shield, ...]
    magnet: Magnet | None
    variants: Mapping[str, tuple[Detector, float]] = field(hash=False)
    regions: tuple[Region, ...]
    unverified: tuple[str, ...]
    card: dict[str, Any] = field(hash=False, compare=False, repr=False)

    @property
    def bends(self) -> bool:
        """Whether anything in front changes directions."""
        return bool(self.shielding) or self.magnet is not None

    def exposed(self, pot: float | None, lumi_fb: float | None) -> McpExperiment:
        """Return the same experiment with another exposure; None and None leave it.

        Raises
        ------
        ValueRangeError
            For the exposure of the other kind of facility.
        """
        if pot is None and lumi_fb is None:
            return self
        kind, value, other = ("pot", pot, lumi_fb) if self.pot is not None else ("lumi_fb", lumi_fb, pot)
        if value is None or other is not None:
            raise ValueRangeError(f"{self.name} at {self.facility} takes its exposure as {kind}")
        return replace(self, pot=pot, lumi_fb=lumi_fb)

    def asking_for(self, events: float | None) -> McpExperiment:
        """Return the same experiment with another number of events; None leaves it.

        Raises
        ------
        ValueRangeError
            For a number that is not positive, and for signal regions, which have limits of their own.
        """
        if events is None:
            return self
        if not 0.0 < events < float("inf"):
            raise ValueRangeError(f"the number of events must be positive and finite, not {events:g}")
        if self.regions:
            raise ValueRangeError(
                f"{self.name} has signal regions with limits of their own: --events has no meaning"
            )
        return replace(self, n_events=float(events))
