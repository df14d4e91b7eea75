r"""Variations of the decay width from the draws of the central one.

With other partial widths Gamma'_c at the same coupling, total Gamma' = r Gamma, a vertex at distance s has

    lambda' = s / (gamma beta c tau'_1) = r lambda,        c'_j = (Gamma'_c / Gamma_c) c_j

in N(eps) = eps^4 sum_j c_j exp(-eps^2 lambda_j): the density of the vertex grows with r, and the branching ratio
of the channel c by Gamma'_c / (Gamma_c r).  So every variation of the width is another filling of the same histogram.

``width-...``
    Regions of the hadronic width within their uncertainty, `darkbeam.models.variations`; exact.
``scheme-...``
    Hadronic width of another scheme (`darkbeam.models.hadronic`), its total; the shares of the channels stay the
    central ones, and where the central scheme has no hadrons only the lifetime changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays import final_state_class
from darkbeam.errors import UnknownNameError
from darkbeam.models.hadronic import SCHEMES
from darkbeam.models.variations import VARIATIONS, width_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.models import VectorModel

__all__ = ["DEFAULT_WIDTHS", "WIDTHS", "WidthChange", "check_widths", "partial_widths", "width_changes"]

SCHEME = "scheme-"
DEFAULT_WIDTHS = ("width-low", "width-high")
WIDTHS = (*VARIATIONS, *(f"{SCHEME}{name}" for name in SCHEMES))
"""Names of all variations of the width."""
WORDS = {"default": DEFAULT_WIDTHS, "none": (), "all": WIDTHS}


@dataclass(frozen=True)
class WidthChange:
    """One variation at one mass.

    Attributes
    ----------
    name : str
    scale : float
        r, the total width relative to the central one.
    ratio : array
        Partial widths relative to the central ones, by the model's channels.
    """

    name: str
    scale: float
    ratio: NDArray[np.float64]


def check_widths(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of variations with the words ``default``, ``none`` and ``all`` spelled out.

    Examples
    --------
    >>> check_widths(["default", "scheme-deliver"])
    ('width-low', 'width-high', 'scheme-deliver')
    """
    found: list[str] = []
    for name in names:
        if name not in WORDS and name not in WIDTHS:
            raise UnknownNameError("variation of the width", name, (*WORDS, *WIDTHS))
        found += WORDS.get(name, (name,))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=64)
def width_changes(model: VectorModel, mass: float, names: tuple[str, ...]) -> tuple[WidthChange, ...]:
    """Variations that change anything at this mass (GeV)."""
    if not names:
        return ()
    central = _partial(model, mass)
    found = [WidthChange(n, *_change(model, mass, n, central)) for n in names]
    return tuple(c for c in found if c.scale != 1.0 or np.any(c.ratio != 1.0))


def _change(
    model: VectorModel, mass: float, name: str, central: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Total and partial widths relative to the central ones."""
    hadrons = np.array([final_state_class(c) == "hadrons" for c in model.channels])
    if name.startswith(SCHEME):
        other = _partial(model.with_scheme(name.removeprefix(SCHEME)), mass)
        before, after = float(central[hadrons].sum()), float(other[hadrons].sum())
        ratio = np.where(hadrons, after / before if before > 0.0 else 1.0, 1.0)
        # the same digits, not nearly the same, where the scheme is the central one
        return float(1.0 + (after - before) / central.sum()), ratio
    # one factor on all hadronic widths: the variation needs no widths of its own
    m = np.array([mass])
    factor = float(width_factor(name, m)[0] / width_factor(model.variation, m)[0])
    ratio = np.where(hadrons, factor, 1.0)
    ratio[central <= 0.0] = 1.0
    return float(1.0 + (factor - 1.0) * central[hadrons].sum() / central.sum()), ratio


@lru_cache(maxsize=64)
def partial_widths(model: VectorModel, mass: float) -> dict[str, float]:
    """Partial widths at epsilon = 1 (GeV) by channel at one mass (GeV); kept, because all of a scan asks for them."""
    return {name: float(w) for name, w in model.partial_widths(mass).items()}


def _partial(model: VectorModel, mass: float) -> NDArray[np.float64]:
    """Partial widths at epsilon = 1, GeV, by the model's channels."""
    return np.array(list(partial_widths(model, mass).values()))
