"""Published curves of millicharged particles, and the conventions under which they are compared.

Every curve is compared under one or more named conventions: "card" is the shipped card, "source" what the paper behind
the curve says or what its program does; further names say what they change.  Nothing is fitted: a change that is not
documented belongs in a convention of its own, and its words say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .curve import PublishedCurve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Convention", "McpCase"]


@dataclass(frozen=True)
class Convention:
    """How darkbeam is run.

    Attributes
    ----------
    name : str
        "card", "source", or what is changed, in a word or two.
    words : str
        What is changed with respect to the card, with its reference.
    card : str
        Keys of the card with other values, as TOML.
    without : tuple of str
        Tables of the card that are taken out: "shielding", "magnet", "regions".
    options : mapping
        Fields of `darkbeam.millicharged.reach.McpOptions`.
    yields : mapping of str to float or points
        Factors on the yields of sources, by name; points are (mass in GeV, factor), linear in the logarithms and
        constant outside.
    """

    name: str = "card"
    words: str = "the shipped card"
    card: str = ""
    without: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    yields: Mapping[str, float | tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class McpCase(PublishedCurve):
    """A curve of millicharged particles, whose lower edge is compared; see `darkbeam.validation.curve.PublishedCurve`.

    Attributes
    ----------
    conventions : tuple of Convention
        The last one comes nearest to the source.
    """

    conventions: tuple[Convention, ...] = (Convention(),)
