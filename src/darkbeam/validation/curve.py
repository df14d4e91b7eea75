"""What every comparison says about its published curve."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["PublishedCurve"]


@dataclass(frozen=True)
class PublishedCurve:
    """One published curve.

    Attributes
    ----------
    name, experiment : str
        Title of the comparison, and the card that is run.
    file : str
        Where the curve lies below the folder of published curves.
    masses : tuple of float
        Where the edges are compared, GeV, in ascending order.
    reason : str
        Why the ratios differ from 1, in a sentence.
    """

    name: str
    experiment: str
    file: str
    masses: tuple[float, ...]
    reason: str = field(kw_only=True)
