r"""What each variation does to a contour, and the total band.

Shifts are relative to the central contour: m'_tip/m_tip - 1, eps'_lower/eps_lower - 1 and the same of the upper edge.

The total band has a ``wide`` and a ``narrow`` end.  Bremsstrahlung counts as an envelope: the outer one of its central,
lower and upper contour for ``wide``, the inner one for ``narrow``.  Every other group of variations (decay width,
form factor, mixing, Drell-Yan, quarkonium, generators, other choices of bremsstrahlung, Monte Carlo error) gives its
largest |ln eps| shift to each side; the groups are added in quadrature, and the envelope is moved outwards (``wide``)
or inwards (``narrow``) by the sum.  Of the alternatives within one group one is true, so they are not added.
Where the central contour has no region, the shifts of the nearest mass that has one are used.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.sensitivity.band import Band
from darkbeam.sensitivity.contour import join_islands

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.sensitivity.result import Reach

    Array = NDArray[np.float64]

__all__ = [
    "Contribution", "contributions", "contributions_csv", "contributions_dict", "group_of", "shown_masses",
    "total_band",
]  # fmt: skip

ENVELOPE = ("lower", "upper")
INSIDE = ("brem-lambda1.5",)
"""A middle value of what the envelope varies; not added to it."""
MONTE_CARLO = "monte-carlo"
GROUPS = {
    "width-": "decay width", "scheme-": "decay width", "omega-": "form factor", "brem-": "bremsstrahlung",
    "mixing-": "mixing", "dy-": "Drell-Yan", "quarkonium-": "quarkonium", "gen-": "generator", "shower-": "shower",
    "dilepton-rate": "measured rate", "dilepton-member-": "measured sample", "dilepton-below": "below threshold",
    "dilepton-background": "background",
    "dilepton-transverse": "polarisation",
    "dilepton-transport": "transport",
    "dilepton-": "measured", "lower": "bremsstrahlung band", "upper": "bremsstrahlung band", MONTE_CARLO: "Monte Carlo",
}  # fmt: skip
"""Group of a variation by the start of its name."""
SHOWN = 5
"""Masses in the table."""


@dataclass(frozen=True)
class Contribution:
    """Effect of one variation.

    Attributes
    ----------
    name, group : str
    tip_GeV : float or None
        Mass tip of the variation.
    tip_shift : float or None
        Relative to the central one; for the Monte Carlo error, the error.
    lower_shift, upper_shift : arrays
        Relative shift of the edges at every mass of the result, NaN where there is none.
    """

    name: str
    group: str
    tip_GeV: float | None
    tip_shift: float | None
    lower_shift: Array
    upper_shift: Array


def group_of(name: str) -> str:
    """Group of a variation.

    Examples
    --------
    >>> group_of("width-high"), group_of("brem-pauli"), group_of("upper")
    ('decay width', 'bremsstrahlung', 'bremsstrahlung band')
    """
    return next((group for start, group in GROUPS.items() if name.startswith(start)), name)


def contributions(result: Reach) -> list[Contribution]:
    """Effect of every variation of a result, the Monte Carlo error last."""
    tip = result.max_mass_GeV
    found = []
    for name, band in result.band.items():
        if name == "central":
            continue
        shift = band.max_mass_GeV / tip - 1.0 if band.max_mass_GeV is not None and tip else None
        found.append(
            Contribution(
                name, group_of(name), band.max_mass_GeV, shift,
                band.epsilon_lower / _central(result, "lower") - 1.0,
                band.epsilon_upper / _central(result, "upper") - 1.0,
            )
        )  # fmt: skip
    found.append(
        Contribution(
            MONTE_CARLO, group_of(MONTE_CARLO), tip, result.tip_error, result.error_lower, result.error_upper
        )
    )
    return found


def _central(result: Reach, edge: str) -> Array:
    """Edge of the central contour, also where the main contour is that of a variation."""
    band = result.band.get("central", result)
    return band.epsilon_lower if edge == "lower" else band.epsilon_upper


def shown_masses(result: Reach) -> list[int]:
    """Indices of a few masses across the region, evenly in ln m."""
    inside = np.flatnonzero(np.isfinite(result.epsilon_lower))
    if not len(inside):
        return []
    ln_m = np.log(result.masses_GeV[inside])
    wanted = np.linspace(ln_m[0], ln_m[-1], SHOWN)
    return sorted({int(inside[np.argmin(np.abs(ln_m - w))]) for w in wanted})


def contributions_dict(result: Reach) -> dict[str, Any]:
    """JSON-serialisable table."""
    at = shown_masses(result)
    return {
        "masses_GeV": [float(result.masses_GeV[k]) for k in at],
        "rows": [
            {
                "name": c.name, "group": c.group, "tip_GeV": c.tip_GeV, "tip_shift": c.tip_shift,
                "lower_shift": [_finite(c.lower_shift[k]) for k in at],
                "upper_shift": [_finite(c.upper_shift[k]) for k in at],
            }
            for c in contributions(result)
        ],
    }  # fmt: skip


def contributions_csv(result: Reach) -> str:
    """Table as text; an empty cell stands for "no region"."""
    table = contributions_dict(result)
    text = io.StringIO()
    text.write(
        "# relative shift of the mass tip and of the edges of the contour; monte-carlo: relative error\n"
    )
    writer = csv.writer(text, lineterminator="\n")
    columns = [f"{edge}[{m:.4g} GeV]" for edge in ("lower", "upper") for m in table["masses_GeV"]]
    writer.writerow(["variation", "group", "tip_GeV", "tip_shift", *columns])
    for row in table["rows"]:
        values = [row["tip_GeV"], row["tip_shift"], *row["lower_shift"], *row["upper_shift"]]
        writer.writerow([row["name"], row["group"], *["" if v is None else f"{v:.4g}" for v in values]])
    return text.getvalue()


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def total_band(result: Reach) -> dict[str, Band]:
    """Total band: ``wide`` and ``narrow``; empty without a region or without variations."""
    if not result.islands or set(result.band) <= {"central"}:
        return {}
    rows = contributions(result)
    contours = [result.band[n] for n in ("central", *ENVELOPE) if n in result.band]
    return {
        "wide": _end(result, contours, rows, outwards=True),
        "narrow": _end(result, contours, rows, outwards=False),
    }


def _end(result: Reach, contours: list[Band], rows: list[Contribution], *, outwards: bool) -> Band:
    """One end of the total band."""
    sign = 1.0 if outwards else -1.0
    low_first = np.fmin if outwards else _least_region_low
    up_first = np.fmax if outwards else _least_region_up
    lower = _fold(low_first, [b.epsilon_lower for b in contours])
    upper = _fold(up_first, [b.epsilon_upper for b in contours])
    # outwards is down on the lower edge and up on the upper one
    lower = lower * np.exp(-sign * _quadrature(rows, "lower_shift", -sign))
    upper = upper * np.exp(sign * _quadrature(rows, "upper_shift", sign))
    lower, upper = (np.where(lower < upper, x, np.nan) for x in (lower, upper))
    tip = _tip(contours, rows, sign, float(result.masses_GeV[-1]))
    found = [[(a, b)] if np.isfinite(a) else [] for a, b in zip(lower, upper, strict=True)]
    islands = join_islands(result.masses_GeV.tolist(), [[(float(a), float(b)) for a, b in f] for f in found])
    return Band(lower, upper, tip, _closed(islands, tip))


def _least_region_low(a: Array, b: Array) -> Array:
    return np.maximum(a, b)  # NaN, no region, wins


def _least_region_up(a: Array, b: Array) -> Array:
    return np.minimum(a, b)


def _fold(function: Callable[[Array, Array], Array], arrays: list[Array]) -> Array:
    out = arrays[0]
    for a in arrays[1:]:
        out = function(out, a)
    return out


def _quadrature(rows: list[Contribution], field: str, side: float) -> Array:
    """Groups added in quadrature: |ln| of the largest shift towards ``side``, at each mass."""
    largest: dict[str, Array] = {}
    for c in rows:
        if c.name in (*ENVELOPE, *INSIDE):
            continue
        shift = np.log1p(getattr(c, field))
        size = np.abs(shift) if c.name == MONTE_CARLO else np.maximum(side * shift, 0.0)
        largest[c.group] = np.fmax(largest.get(c.group, np.zeros_like(size)), size)
    return _held(np.sqrt(np.sum([np.square(x) for x in largest.values()], axis=0)), rows[-1])


def _held(values: Array, monte_carlo: Contribution) -> Array:
    """Values where the central contour has a region, held beyond its ends."""
    inside = np.flatnonzero(np.isfinite(monte_carlo.lower_shift))
    index = np.arange(len(values))
    return np.interp(index, inside, values[inside]) if len(inside) else values


def _tip(contours: list[Band], rows: list[Contribution], sign: float, last: float) -> float | None:
    """Mass tip: that of the envelope, moved by the quadrature of the other groups, within the scanned range."""
    tips = [b.max_mass_GeV for b in contours]
    if sign < 0.0 and None in tips:
        return None
    known = [t for t in tips if t is not None]
    largest: dict[str, float] = {}
    for c in rows:
        if c.name not in (*ENVELOPE, *INSIDE) and c.tip_shift is not None:
            size = abs(c.tip_shift) if c.name == MONTE_CARLO else max(sign * c.tip_shift, 0.0)
            largest[c.group] = max(largest.get(c.group, 0.0), size)
    moved = 1.0 + sign * float(np.sqrt(sum(x * x for x in largest.values())))
    return min(max(known) * moved, last) if sign > 0.0 else min(known) * moved


def _closed(islands: list[list[list[float]]], tip: float | None) -> list[list[list[float]]]:
    """Close the last island at the tip, between its last edges."""
    if tip is None or not islands:
        return islands
    last = max(islands, key=lambda i: i[-1][0])
    if tip > last[-1][0]:
        eps = float(np.sqrt(last[-1][1] * last[-1][2]))
        last.append([tip, eps, eps])
    else:
        last[:] = [row for row in last if row[0] <= tip] or last[:1]
    return islands
