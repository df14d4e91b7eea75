r"""The dilepton-saturation test: no source may make more lepton pairs than vector mesons do.

A source F(q) of virtual photons of mass q, per inelastic collision and per epsilon^2, implies lepton pairs at a rate
that does not know epsilon,

    dN_ll = dq^2 (alpha / 3 pi q^2) L(q) F(q),     L = sqrt(1 - 4 m_l^2/q^2) (1 + 2 m_l^2/q^2)

(alpha the fine-structure constant, q and the lepton mass m_l in GeV; electrons here).  In windows around the
poles it is compared with inclusive V -> e+ e-, with N_V the mesons per collision of the spectra and B_V the
measured branching ratio,

    N_ll(window) = sum_V N_V B_V w_V
    w_V = (m_V^3 Gamma_V / pi) int dq^2 / { q^2 [(q^2 - m_V^2)^2 + (m_V Gamma_V(q))^2] }
    Gamma_rho(q) = Gamma_rho (m_rho/q) [(q^2 - 4 m_pi^2)/(m_rho^2 - 4 m_pi^2)]^{3/2},  the others constant

which is the same formula for a vector meson that mixes with the photon; w_V is the share of its line inside the
window (0.78 for the rho, 1 for a narrow pole well inside).

Windows: 0.60-0.95 GeV (rho, omega), phi +- 5 widths, J/psi +- 5 widths.  The spectra have no J/psi: N_V is that of the
source ``quarkonium:jpsi``, from measured cross-sections, and without that source there is nothing to compare with.

Measured multiplicities: NA27 (LEBC-EHS), pp at 400 GeV, Z. Phys. C 50 (1991) 405.  The values below were not checked
against the published table; they are shown beside the test and nothing depends on them.

Variation ``brem-saturated``: bremsstrahlung times s(m) of `darkbeam.production.brem_poles`, with the strengths of
its omega (and rho) and of its phi pole, at most 1, solved so that bremsstrahlung alone makes no more pairs in the
two windows than inclusive V -> e+ e-.  Above the phi, where no multiplicity is known, s returns to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E, M_OMEGA, M_PHI, M_PI, M_RHO, W_OMEGA
from darkbeam.production.brem_poles import PoleWeight, pole_backgrounds
from darkbeam.production.weighted import Wrapper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from darkbeam.production.bremsstrahlung import Bremsstrahlung
    from darkbeam.production.source import Flux, Source
    from darkbeam.spectra import Spectra

    Array = NDArray[np.float64]

__all__ = [
    "MEASURED", "POLES", "WINDOWS", "Pole", "SaturatedBremsstrahlung", "Window", "inclusive_pairs",
    "line_share", "pairs", "saturation_report",
]  # fmt: skip


@dataclass(frozen=True)
class Pole:
    """A vector meson: mass and width in GeV, branching ratio to electrons (Particle Data Group)."""

    mass: float
    width: float
    branching: float
    threshold: float = 0.0
    """Mass of the P-wave decay products, GeV; 0 for a constant width."""

    def line(self, q2: Array) -> Array:
        """Return dN_ll/dq^2 of one meson with B = 1, GeV^-2."""
        m2 = self.mass**2
        m_gamma = np.full_like(q2, self.mass * self.width)
        if self.threshold > 0.0:
            k = np.maximum(q2 - self.threshold**2, 0.0) / (m2 - self.threshold**2)
            m_gamma = self.mass * self.width * (self.mass / np.sqrt(q2)) * k**1.5
        return self.mass**3 * self.width / np.pi / (q2 * ((q2 - m2) ** 2 + m_gamma**2))


POLES = {
    "rho0": Pole(M_RHO, 0.1474, 4.72e-5, 2.0 * M_PI),
    "omega": Pole(M_OMEGA, W_OMEGA, 7.38e-5),
    "phi": Pole(M_PHI, 4.249e-3, 2.979e-4),
    "jpsi": Pole(3.0969, 92.6e-6, 5.971e-2),
}
"""By the name of the species in the meson spectra; the J/psi is not among those."""


@dataclass(frozen=True)
class Window:
    """Range of pair masses in GeV, and the vector mesons that fill it."""

    low: float
    high: float
    mesons: tuple[str, ...]


def _around(name: str, widths: float = 5.0) -> Window:
    pole = POLES[name]
    return Window(pole.mass - widths * pole.width, pole.mass + widths * pole.width, (name,))


WINDOWS = {"rho-omega": Window(0.60, 0.95, ("rho0", "omega")), "phi": _around("phi"), "jpsi": _around("jpsi")}
"""Windows of the test."""

MEASURED = {
    "SPS": {"rho0": (0.385, 0.018), "omega": (0.390, 0.024), "phi": (0.019, 0.002)},
}
"""Measured mesons per inelastic collision with their errors, by facility; not verified (see above)."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def _grid(window: Window) -> tuple[Array, Array]:
    """Nodes in q (GeV) and weights in dq^2, dense around the poles of the window."""
    steps = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
    edges = [np.array([window.low, window.high])]
    for name in window.mesons:
        pole = POLES[name]
        edges += [pole.mass - steps * pole.width, pole.mass + steps * pole.width]
    edge = np.unique(np.concatenate(edges))
    edge = edge[(edge >= window.low) & (edge <= window.high)]
    edge = edge[np.concatenate([[True], np.diff(edge) > 1e-9])]
    half = 0.5 * np.diff(edge)[:, None]
    q = (0.5 * (edge[1:] + edge[:-1])[:, None] + half * _NODES).ravel()
    return q, (half * _WEIGHTS).ravel() * 2.0 * q


def _conversion(q: Array) -> Array:
    """Pairs per unit of F and per dq^2, GeV^-2."""
    r = (M_E / q) ** 2
    return ALPHA / (3.0 * np.pi * q**2) * np.sqrt(1.0 - 4.0 * r) * (1.0 + 2.0 * r)


def pairs(source: Source, window: Window, variation: str = "central") -> float:
    """Lepton pairs per inelastic collision that a source implies in a window.

    Outside the validity of the source it makes none.
    """
    low, high = source.valid
    inside = replace(window, low=max(window.low, low * (1 + 1e-9)), high=min(window.high, high * (1 - 1e-9)))
    if inside.low >= inside.high:
        return 0.0
    q, weight = _grid(inside)
    F = np.array([source.total(float(x), variation) for x in q])
    return float(np.sum(weight * _conversion(q) * F))


def line_share(name: str, window: Window) -> float:
    """Share w_V of the line of a meson inside a window."""
    q, weight = _grid(window)
    return float(np.sum(weight * POLES[name].line(q * q)))


def inclusive_pairs(multiplicities: Mapping[str, float], window: Window) -> float | None:
    """Return inclusive V -> e+ e- per collision in a window; None if a multiplicity is not known."""
    if any(name not in multiplicities for name in window.mesons):
        return None
    return sum(multiplicities[n] * POLES[n].branching * line_share(n, window) for n in window.mesons)


def vector_multiplicities(spectra: Spectra, scale: float = 1.0) -> dict[str, float]:
    """Vector mesons per collision of the meson spectra, times ``scale`` (for ``normalisation = "all"``)."""
    return {n: scale * spectra.species(n).multiplicity for n in POLES if n in spectra.tables}


@dataclass(frozen=True)
class SaturatedBremsstrahlung(Wrapper):
    """Bremsstrahlung with the variation ``brem-saturated`` (module docstring).

    Attributes
    ----------
    source : Bremsstrahlung
    limits : (float, float)
        Inclusive V -> e+ e- per collision in the rho-omega and in the phi window.
    """

    source: Bremsstrahlung
    limits: tuple[float, float]

    VARIATION = "brem-saturated"

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of bremsstrahlung, and ``brem-saturated``."""
        return (*self.source.variation_names, self.VARIATION)

    @property
    def weight(self) -> PoleWeight:
        """The factor s(m) of the variation; worked out when first asked for."""
        return _saturating(self.source, self.limits)

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield per inelastic collision at epsilon = 1."""
        if variation == self.VARIATION:
            return self.weight(mass) * self.source.total(mass)
        return self.source.total(mass, variation)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return the points of bremsstrahlung with one more set of weights."""
        flux = self.source.flux(mass, n, rng)
        return replace(flux, variations={**flux.variations, self.VARIATION: flux.weight * self.weight(mass)})


@lru_cache(maxsize=32)
def _saturating(source: Bremsstrahlung, limits: tuple[float, float]) -> PoleWeight:
    """Solve for the strengths; a window depends little on the pole of the other one, so this settles quickly."""
    backgrounds = pole_backgrounds(source)
    grids = [_grid(WINDOWS[name]) for name in ("rho-omega", "phi")]
    rates = [w * _conversion(q) * np.array([source.total(float(x)) for x in q]) for q, w in grids]
    strengths = (1.0, 1.0)
    for k in (0, 1, 0, 1, 0, 1):
        q = grids[k][0]
        # the pairs are linear in the strength of one pole
        none, full = (
            float(np.sum(rates[k] * PoleWeight(backgrounds, _with(strengths, k, s)).at(q)))
            for s in (0.0, 1.0)
        )
        found = float(np.clip((limits[k] - none) / max(full - none, 1e-300), 0.0, 1.0))
        strengths = _with(strengths, k, found)
    return PoleWeight(backgrounds, strengths)


def _with(strengths: tuple[float, float], k: int, value: float) -> tuple[float, float]:
    """Return the strengths with the k-th replaced."""
    return (value, strengths[1]) if k == 0 else (strengths[0], value)


def saturation_report(
    sources: Sequence[Source], multiplicities: Mapping[str, float], facility: str = ""
) -> dict[str, dict[str, object]]:
    """Return the test for each source and for their sum, window by window, ready for JSON.

    Parameters
    ----------
    sources : sequence of Source
    multiplicities : mapping
        Vector mesons per collision, see `vector_multiplicities`.
    facility : str
        For the measured multiplicities, which are reported but not used.

    Returns
    -------
    dict
        By window: range, pairs by source and of the sum, inclusive V -> e+ e- (None where no multiplicity is
        known), the ratio of the sum to it, and the same with measured multiplicities.
    """
    report: dict[str, dict[str, object]] = {}
    measured = {name: value for name, (value, _) in MEASURED.get(facility, {}).items()}
    for label, window in WINDOWS.items():
        made = {s.name: n for s in sources if (n := pairs(s, window)) > 0.0}
        total = sum(made.values())
        inclusive, data = inclusive_pairs(multiplicities, window), inclusive_pairs(measured, window)
        report[label] = {
            "range_GeV": [window.low, window.high],
            "pairs_by_source": made,
            "pairs": total,
            "inclusive": inclusive,
            "ratio": None if inclusive is None else total / inclusive,
            "measured_unverified": data,
            "ratio_measured_unverified": None if data is None else total / data,
        }
    return report
