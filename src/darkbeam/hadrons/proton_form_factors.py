"""Time-like electromagnetic form factors of the proton, F1 (Dirac) and F2 (Pauli).

Current: ubar(p') [F1 gamma^mu + i sigma^{mu nu} q_nu F2 / (2 mp)] u(p), F1(0) = 1, F2(0) = kappa_p.

Model ``ua``: a surrogate of the tables of the unitary and analytic model published with arXiv:2409.09123.
With t = m^2, s0 = 4 mpi^2, an inelastic threshold s_in, q = sqrt((t - s0)/s0), q_in = q(s_in)::

    V = i [sqrt(q_in + q) - sqrt(q_in - q)] / [sqrt(q_in + q) + sqrt(q_in - q)]
    F = d + sum_k [ r_k / (V - p_k) + r_k* / (V - p_k*) ]

V maps the sheets that meet at s0 and s_in onto one plane, in which the resonances are simple poles p_k;
constants d, residues r_k and poles come in conjugate pairs, so F is real below the threshold 2 mpi and has
its square-root branch points there and at s_in.  Above s_in the tables lie on the branch sqrt(q_in - q) =
+i sqrt(q - q_in). The coefficients (`proton_ua_poles`) are the result of ``scripts/fit_ua_surrogate.py``.
The 3 mpi threshold and further inelastic thresholds are represented by poles close to the axis.

Edges ``lower`` and ``upper``: central times a smooth ratio |F_edge|/|F| of the published band
(`proton_ua_edges`), with the phase of the central curve.  The published minima and maxima are envelopes: above
1.03 GeV their phases jump by up to 2 rad from node to node, so only their moduli are used.

Validity: 0 <= m <= 1.989 GeV.  Above, F(1.989) times a power of 1.989/m: 12 for both (``power12``, the
convention of SensCalc, an ad hoc choice) or 4 for F1 and 6 for F2 (``pqcd``, counting rules); both are
extrapolations.

Other models: ``vmd-literature``, ``vmd-senscalc`` (`darkbeam.hadrons.vmd`, F2 = 0) and ``point`` (F1 = 1,
F2 = 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI
from darkbeam.errors import UnknownNameError
from darkbeam.hadrons import proton_ua_edges as edges
from darkbeam.hadrons import proton_ua_poles as poles
from darkbeam.hadrons.monotone_cubic import MonotoneCubic
from darkbeam.hadrons.vmd import f1_vmd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Complex = NDArray[np.complex128]
    Real = NDArray[np.float64]

__all__ = [
    "EDGES", "FORM_FACTORS", "MASS_TABLE_MAX", "TAILS", "form_factors", "pole_sum", "two_threshold_variable",
    "ua_edge_ratio", "ua_form_factors",
]  # fmt: skip

FORM_FACTORS = ("ua", "vmd-literature", "vmd-senscalc", "point")
"""Names of the models."""
EDGES = ("lower", "central", "upper")
"""Edges of the band; only ``ua`` has one."""
TAILS = {"power12": (12.0, 12.0), "pqcd": (4.0, 6.0)}
"""Powers of 1/m of F1 and F2 above `MASS_TABLE_MAX`."""
MASS_TABLE_MAX = 1.989
"""Mass in GeV above which the UA form factors are extrapolated."""
_EDGE = {key: MonotoneCubic(knots) for key, knots in edges.KNOTS.items()}


def two_threshold_variable(mass: ArrayLike, s_in: float) -> Complex:
    """Return V(m^2) on the branch of the published tables.

    Parameters
    ----------
    mass : array_like
        GeV.
    s_in : float
        Inelastic threshold, GeV^2.

    Returns
    -------
    complex array, shape of mass
        Real below 2 mpi, imaginary up to sqrt(s_in), on the unit circle above.
    """
    t = np.square(np.asarray(mass, dtype=np.float64))
    s0 = 4.0 * M_PI**2
    q = np.sqrt((t - s0) / s0 + 0j)
    q_in = np.sqrt((s_in - s0) / s0)
    a = np.sqrt(q_in + q)
    gap = np.where(
        t > s_in, (q_in - q).real, q_in - q
    )  # an exact sign of the zero imaginary part picks the branch
    b = np.sqrt(gap + 0j)
    V: Complex = 1j * (a - b) / (a + b)
    return V


def pole_sum(V: Complex, constant: float, terms: tuple[poles.Pole, ...]) -> Complex:
    """Return d + sum of conjugate pole pairs (a real pole stands alone)."""
    p_re, p_im, r_re, r_im = np.array(terms).T
    p, r = p_re + 1j * p_im, r_re + 1j * r_im
    x = V[..., None]
    pairs = r / (x - p) + np.where(p_im > 0.0, r.conj() / (x - p.conj()), 0.0)
    total: Complex = constant + np.sum(pairs, axis=-1)
    return total


def ua_edge_ratio(mass: ArrayLike, which: str, edge: str) -> Real:
    """Return |F_edge|/|F_central| of ``F1`` or ``F2``; constant above `MASS_TABLE_MAX`."""
    x = np.minimum(np.asarray(mass, dtype=np.float64), MASS_TABLE_MAX)
    return np.ones_like(x) if edge == "central" else np.exp(_EDGE[which, edge](x))


def ua_form_factors(mass: ArrayLike, edge: str = "central", tail: str = "power12") -> tuple[Complex, Complex]:
    """Return the complex (F1, F2) of the unitary and analytic model.

    Parameters
    ----------
    mass : array_like
        Virtuality sqrt(q^2), GeV.
    edge : str
        One of `EDGES`.
    tail : str
        Key of `TAILS`, used above `MASS_TABLE_MAX`.

    Returns
    -------
    F1, F2 : complex arrays, shape of mass
    """
    if edge not in EDGES:
        raise UnknownNameError("edge of the form-factor band", edge, EDGES)
    if tail not in TAILS:
        raise UnknownNameError("form-factor tail", tail, TAILS)
    mass = np.asarray(mass, dtype=np.float64)
    inside = np.minimum(mass, MASS_TABLE_MAX)
    scale = MASS_TABLE_MAX / np.maximum(mass, MASS_TABLE_MAX)
    power1, power2 = TAILS[tail]
    F1 = pole_sum(two_threshold_variable(inside, poles.F1_S_IN), poles.F1_CONSTANT, poles.F1_POLES)
    F2 = pole_sum(two_threshold_variable(inside, poles.F2_S_IN), poles.F2_CONSTANT, poles.F2_POLES)
    F1 = F1 * ua_edge_ratio(inside, "F1", edge) * scale**power1
    F2 = F2 * ua_edge_ratio(inside, "F2", edge) * scale**power2
    return F1, F2


def form_factors(
    mass: ArrayLike, model: str = "ua", edge: str = "central", tail: str = "power12"
) -> tuple[Complex, Complex]:
    """Return the complex (F1, F2) of a model of `FORM_FACTORS`; ``edge`` and ``tail`` concern ``ua`` only.

    Examples
    --------
    >>> F1, F2 = form_factors(0.0)
    >>> round(abs(complex(F1)), 3), round(abs(complex(F2)), 3)
    (1.0, 1.793)
    """
    if model not in FORM_FACTORS:
        raise UnknownNameError("form factor", model, FORM_FACTORS)
    if model == "ua":
        return ua_form_factors(mass, edge, tail)
    x = np.asarray(mass, dtype=np.float64)
    F1 = np.ones(x.shape, dtype=np.complex128) if model == "point" else f1_vmd(x, model.removeprefix("vmd-"))
    return F1, np.zeros(x.shape, dtype=np.complex128)
