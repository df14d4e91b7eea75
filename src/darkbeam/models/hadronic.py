r"""Hadronic width by scheme: R = Gamma_had/Gamma_0 shared among exclusive channels and "quarks".

``default``
    R = K(m) sum_f R_f(m)                 m < 1.95 GeV,  K = 1 + clip(m - 1.6, 0, 0.4)
    R = linear blend                      1.95 - 2.05 GeV
    R = R_inclusive(m)                    m > 2.05 GeV
    K stands for the modes that no fit describes and follows the PDG R compilation to 4 % between 1.6 and 2 GeV; it was
    found for the dark photon and is used for all charges.  The composition is blended separately: below 2.0 GeV the
    hadronic width is shared among the exclusive channels in proportion to R_f (so the missing modes look like the known
    ones), between 2.0 and 2.5 GeV a part rising linearly from 0 to 1 goes to "quarks", and above 2.5 GeV all of it.
``deliver``
    The sum of the exclusive channels, with one of the two copies of K0 K+- pi-+, up to its last crossing with the
    quark continuum of that work above 1.5 GeV (1.70 GeV for the dark photon; 1.7 GeV where they do not cross), then
    that continuum (arXiv:2201.01788, which ends at 2 GeV; continued here).
``naive``
    R = 3 sum_q x_q^2 of the open flavours above 1.945 GeV, charm with the phase space of m_D and no bottom, without QCD
    corrections (arXiv:2305.13383).  Below, that tool reads measured cross-sections channel by channel, which are not
    part of this package: K(m) sum_f R_f(m) of the default scheme is used.

R_f: `darkbeam.hadrons.width_table`; R_inclusive: `darkbeam.hadrons.inclusive`; continuum of ``deliver``:
`darkbeam.hadrons.step_continuum`; all for the charges of the model.
m GeV; valid to 10 GeV.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.hadrons import inclusive, step_continuum
from darkbeam.hadrons.width_table import exclusive_ratios

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Shares = tuple[dict[str, Array], Array]

__all__ = ["BLEND_COMPOSITION", "BLEND_WIDTH", "SCHEMES", "hadronic_ratios", "missing_modes"]

BLEND_WIDTH = (1.95, 2.05)
BLEND_COMPOSITION = (2.0, 2.5)
NAIVE_FROM = 1.945
"""Mass from which the naive scheme has quarks only, GeV."""
DELIVER_SEARCH = (1.5, 2.5)
"""Range of the crossing of the deliver scheme, GeV."""
DELIVER_FALLBACK = 1.7


def _ramp(m: Array, ends: tuple[float, float]) -> Array:
    return np.clip((m - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)


def missing_modes(mass: Array) -> Array:
    """Factor K(m) for hadronic modes absent from the exclusive list."""
    return 1.0 + np.clip(mass - 1.6, 0.0, 0.4)


def light_couplings(x: Mapping[str, Array]) -> Array:
    """c1, c0, cs of arrays of quark charges, shape (3, n)."""
    return np.array([x["u"] - x["d"], 3.0 * (x["u"] + x["d"]), -3.0 * x["s"]])


def _default(m: Array, x: Mapping[str, Array]) -> Shares:
    exclusive = exclusive_ratios(m, light_couplings(x))
    summed = np.sum(list(exclusive.values()), axis=0)
    blend = _ramp(m, BLEND_WIDTH)
    total = (1.0 - blend) * missing_modes(m) * summed
    high = m > BLEND_WIDTH[0]
    total[high] += blend[high] * inclusive.ratio(m[high], {q: v[high] for q, v in x.items()})
    # without light quarks there is nothing to share the width among
    y = np.where(summed > 0.0, _ramp(m, BLEND_COMPOSITION), 1.0)
    share = (1.0 - y) * total / np.where(summed > 0.0, summed, 1.0)
    return {name: r * share for name, r in exclusive.items()}, y * total


def _published_sum(m: Array, c: Array) -> dict[str, Array]:
    """Exclusive ratios with one copy of K0 K+- pi-+, as published."""
    exclusive = exclusive_ratios(m, c)
    exclusive["K0K+-pi-+"] = 0.5 * exclusive["K0K+-pi-+"]
    return exclusive


@lru_cache(maxsize=64)
def deliver_crossing(u: float, d: float, s: float) -> float:
    """Mass in GeV where the exclusive sum of three quark charges crosses the quark continuum for the last time."""
    m = np.arange(*DELIVER_SEARCH, 1e-3)
    x = {q: np.full_like(m, v) for q, v in (("u", u), ("d", d), ("s", s), ("c", 0.0), ("b", 0.0))}
    excess = np.sum(list(_published_sum(m, light_couplings(x)).values()), axis=0)
    excess = excess - step_continuum.ratio_steps(m, x)
    k = np.flatnonzero(excess[:-1] * excess[1:] < 0.0)
    if not k.size:
        return DELIVER_FALLBACK
    i = int(k[-1])
    return float(m[i] + 1e-3 * excess[i] / (excess[i] - excess[i + 1]))


def _deliver(m: Array, x: Mapping[str, Array]) -> Shares:
    # a common factor moves no crossing: charges that depend on the mass only through one have one crossing
    largest = np.max(np.abs([x[q][0] for q in "uds"])) or 1.0
    high = m >= deliver_crossing(*(round(float(x[q][0] / largest), 9) for q in "uds"))
    exclusive = _published_sum(m, light_couplings(x))
    quarks = np.zeros_like(m)
    quarks[high] = step_continuum.ratio_steps(m[high], {q: v[high] for q, v in x.items()})
    return {name: np.where(high, 0.0, r) for name, r in exclusive.items()}, quarks


def _naive(m: Array, x: Mapping[str, Array]) -> Shares:
    high = m >= NAIVE_FROM
    exclusive = exclusive_ratios(m, light_couplings(x))
    factor = np.where(high, 0.0, missing_modes(m))
    quarks = np.where(high, inclusive.ratio_partons(m, x), 0.0)
    return {name: r * factor for name, r in exclusive.items()}, quarks


SCHEMES = {"default": _default, "deliver": _deliver, "naive": _naive}
"""Hadronic widths by name."""


def hadronic_ratios(scheme: str, m: Array, x: Mapping[str, Array]) -> Shares:
    """R of every exclusive channel and of "quarks"; their sum is the total hadronic R.

    Parameters
    ----------
    scheme : str
        Key of `SCHEMES`.
    m : array, shape (n,)
        GeV.
    x : mapping of str to array of shape (n,)
        Charges of the quarks ``u``, ``d``, ``s``, ``c``, ``b`` in units of epsilon e.
    """
    return SCHEMES[scheme](m, x)
