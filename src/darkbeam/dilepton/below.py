r"""Virtual photons below the threshold of the measured pairs: Dalitz decays, normalised to the measured eta.

Muon pairs stop at 2 m_mu, but dark photons and millicharged pairs do not.  Below, the photons of mass m are

    F(m) = r [F_pi0(m) + F_eta(m) + F_omega(m)],     r = N_eta(measured) / N_eta(generated)

with spectra and branching ratios of `darkbeam.production.mesons`; pi0 and omega per eta are those of the generator.
N_eta is fitted to the pairs below 0.5 GeV as a sum with coefficients that are not negative,

    dN/dm = N_eta B_eta(m) + N_omega B_omega(m) + L(m) (c_1 m^2 + c_2 m^4)

B: Dalitz pairs per meson and GeV; the last terms stand for the tail of the rho.  This part is analytic, not measured,
and is reported apart; rho, eta' and bremsstrahlung are not in it, so that it is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_E
from darkbeam.dilepton.rate import photons_per_pair
from darkbeam.dilepton.sample import lepton_mass
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.mesons import MESON_DECAYS, MesonDecay
from darkbeam.production.source import Flux
from darkbeam.production.transition_form_factors import form_factor_squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["BelowThreshold", "below_threshold", "dalitz_pairs", "joined", "measured_etas"]

_FIT_TO = 0.5
_BINS = 60


def dalitz_pairs(meson: str, mass: Array, lepton: float) -> Array:
    """Lepton pairs per meson and GeV of its Dalitz decay, shape of ``mass`` (GeV); 0 outside the kinematic limits.

    Parameters
    ----------
    meson : {"pi0", "eta", "etap", "omega", "phi"}
    mass : array
        Mass of the pair, GeV.
    lepton : float
        Mass of the lepton, GeV.
    """
    (channel,) = MESON_DECAYS[f"meson:{meson}"]
    inside = (mass > 2.0 * lepton) & (mass < channel.limit)
    m = np.where(inside, mass, 0.5 * (2.0 * lepton + channel.limit))
    photons = np.array([channel.branching(float(x)) for x in m]) * form_factor_squared(meson, m * m)
    return np.where(inside, photons / photons_per_pair(m, lepton), 0.0)


def measured_etas(spectrum: MassSpectrum) -> tuple[float, float]:
    """Eta mesons per inelastic collision fitted to the pairs below 0.5 GeV, and the statistical error.

    Raises
    ------
    ValueRangeError
        Without normalisation, with too few pairs, or where the fit finds no eta.
    """
    from scipy.optimize import nnls

    lepton = lepton_mass(spectrum.lepton)
    edges = np.linspace(spectrum.support[0], _FIT_TO, _BINS + 1)
    middle, step = 0.5 * (edges[1:] + edges[:-1]), float(edges[1] - edges[0])
    pairs = np.diff(spectrum.rank(edges))
    effective = spectrum.total**2 / float(np.sum(spectrum.square))
    if spectrum.knots[0] > edges[1] or np.sum(pairs) * effective < 10 * _BINS:
        raise ValueRangeError(
            f"no eta yield can be fitted: {np.sum(pairs) * effective:.0f} pairs below {_FIT_TO} GeV; give [eta] "
            "per_collision in the card"
        )
    threshold = 1.0 / (photons_per_pair(middle, lepton) / middle)
    smooth = [threshold / threshold.max() * middle**power for power in (2, 4)]
    templates = step * np.stack(
        [dalitz_pairs("eta", middle, lepton), dalitz_pairs("omega", middle, lepton), *smooth], axis=1
    )
    scale = 1.0 / np.sqrt(np.maximum(pairs, 1.0 / effective) / effective)
    unit = np.max(templates, axis=0)
    solution = nnls(templates / unit * scale[:, None], pairs * scale)[0] / unit
    if solution[0] <= 0.0:
        raise ValueRangeError(
            "the fit of the pairs below 0.5 GeV finds no eta; give [eta] per_collision in the card"
        )
    used = templates[:, solution > 0.0] / unit[solution > 0.0] * scale[:, None]
    error = float(np.sqrt(np.sum(np.linalg.pinv(used)[0] ** 2))) / float(unit[0])
    return float(solution[0]) * spectrum.per_collision, error * spectrum.per_collision


@dataclass(frozen=True)
class BelowThreshold:
    """Source of the analytic part.

    Attributes
    ----------
    name : str
    sources : tuple of Source
        Dalitz decays.
    scale, error : float
        r and its relative error.
    high : float
        Mass at which the data take over, GeV.
    """

    name: str
    sources: tuple[Source, ...]
    scale: float
    error: float
    high: float
    variation_names: tuple[str, ...] = ("dilepton-below-down", "dilepton-below-up")

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        return 2.0 * M_E, self.high

    def _factor(self, variation: str) -> float:
        shift = {"dilepton-below-down": -self.error, "dilepton-below-up": self.error}.get(variation, 0.0)
        return self.scale * max(1.0 + shift, 0.0)

    def _open(self, mass: float) -> list[Source]:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )
        return [s for s in self.sources if s.valid[0] < mass < s.valid[1]]

    def total(self, mass: float, variation: str = "central") -> float:
        """Photons per inelastic collision."""
        return self._factor(variation) * sum(s.total(mass) for s in self._open(mass))

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return weighted points."""
        sources = self._open(mass)
        rates = [s.total(mass) for s in sources]
        parts = [
            s.flux(mass, max(round(n * r / sum(rates)), 1), rng) for s, r in zip(sources, rates, strict=True)
        ]
        flux = joined(parts)
        variations = {v: flux.weight * self._factor(v) for v in self.variation_names}
        note = f"below {self.high:.3g} GeV: analytic Dalitz decays, normalised to the measured eta"
        return Flux(
            mass,
            flux.energy,
            flux.theta,
            flux.weight * self.scale,
            flux.block,
            flux.mother,
            variations,
            (note,),
        )


def joined(parts: list[Flux]) -> Flux:
    """Points of several fluxes of one mass; weights only, without variations."""
    shift = np.cumsum([0, *(int(p.mother.max(initial=-1)) + 1 for p in parts)])
    energy, theta, weight = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("energy", "theta", "weight")
    )
    block = np.concatenate([p.block for p in parts])
    mother = np.concatenate([p.mother + s for p, s in zip(parts, shift, strict=False)])
    return Flux(parts[0].mass, energy, theta, weight, block, mother)


def below_threshold(
    name: str,
    beam: str,
    spectrum: MassSpectrum,
    etas: tuple[float, float] | None = None,
    to: str | None = None,
) -> BelowThreshold:
    """Analytic part of a measured source.

    Parameters
    ----------
    name : str
        Of the measured source.
    beam : str
        Facility, one with shipped meson spectra.
    spectrum : MassSpectrum
    etas : tuple of float, optional
        Eta mesons per inelastic collision and error; fitted by default.
    to : str, optional
        Another facility to predict for: its generated mesons, times the same r.
    """
    from darkbeam.spectra import load_spectra

    spectra = load_spectra(to or beam)
    number, error = etas or measured_etas(spectrum)
    sources = tuple(MesonDecay(k, spectra) for k in ("meson:pi0", "meson:eta", "meson:omega"))
    scale = number / load_spectra(beam).species("eta").multiplicity
    return BelowThreshold(f"{name}:below", sources, scale, error / number, spectrum.support[0])
