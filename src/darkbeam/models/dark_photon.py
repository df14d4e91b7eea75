r"""Dark photon: widths, lifetime and branching ratios at epsilon = 1 (all widths scale as epsilon^2).

    Gamma(ll) = Gamma_0 sqrt(1 - 4 r)(1 + 2 r),  r = m_l^2/m^2,  Gamma_0 = alpha m/3
    Gamma(had) = Gamma_0 R(m)
    R = K(m) sum_f R_f(m)                 m < 1.95 GeV,  K = 1 + clip(m - 1.6, 0, 0.4)
    R = linear blend                      1.95 - 2.05 GeV
    R = R_inclusive(m)                    m > 2.05 GeV

R_f: exclusive channels of `darkbeam.hadrons.channels` (tabulated); R_inclusive: `darkbeam.hadrons.inclusive`;
K stands for the modes that no fit describes and follows the PDG R compilation to 4 % between 1.6 and 2 GeV.
The composition is blended separately: below 2.0 GeV the hadronic width is shared among the exclusive channels
in proportion to R_f (so the missing modes look like the known ones), between 2.0 and 2.5 GeV a part rising
linearly from 0 to 1 goes to "quarks", and above 2.5 GeV all of it.  Uncertainty of R: 2 % below 1.6 GeV,
8 % to 2.0, 5 % to 3.7, 15 % to 4.6, 3 % above.

m GeV; valid from 2 m_e to 10 GeV.  Source: arXiv:2201.01788 and the channels' own references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, HBARC_GEV_M, M_E, M_MU, M_TAU
from darkbeam.errors import MassRangeError
from darkbeam.hadrons import inclusive
from darkbeam.hadrons.width_table import exclusive_ratios

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CHANNELS", "MASS_RANGE", "DarkPhoton", "decays_json", "lepton_ratio", "missing_modes"]

MASS_RANGE = (2.0 * M_E, 10.0)
"""Validity of the model, GeV."""
LEPTONS = {"e+e-": M_E, "mu+mu-": M_MU, "tau+tau-": M_TAU}
OWN = (
    "pi+pi-", "pi+pi-pi0", "2pi+2pi-", "pi+pi-2pi0", "K+K-", "K0K0bar",
    "K_LK_Spi0", "K+K-pi0", "K0K+-pi-+", "pi0gamma",
)  # fmt: skip
"""Exclusive hadronic channels with their own branching ratio."""
CHANNELS = (*LEPTONS, *OWN, "other", "quarks")
"""Keys of `DarkPhoton.branching`; "other": remaining exclusive channels, "quarks": jets above 2 GeV."""
BLEND_WIDTH = (1.95, 2.05)
BLEND_COMPOSITION = (2.0, 2.5)


def _ramp(m: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.float64]:
    return np.clip((m - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)


def missing_modes(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor K(m) for hadronic modes absent from the exclusive list."""
    return 1.0 + np.clip(mass - 1.6, 0.0, 0.4)


def lepton_ratio(mass: NDArray[np.float64], m_l: float) -> NDArray[np.float64]:
    """Gamma(l+ l-)/Gamma_0, zero below threshold."""
    r = np.minimum((m_l / mass) ** 2, 0.25)
    return np.asarray(np.sqrt(1.0 - 4.0 * r) * (1.0 + 2.0 * r))


@dataclass(frozen=True)
class DarkPhoton:
    """Kinetically mixed dark photon, coupled to the electromagnetic current with epsilon e.

    Examples
    --------
    >>> model = DarkPhoton()
    >>> print(f"{model.ctau(0.1):.4e}")
    8.1123e-13
    """

    name: str = "dark-photon"

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the decay channels."""
        return CHANNELS

    @property
    def mass_range(self) -> tuple[float, float]:
        """Open interval of valid masses, GeV."""
        return MASS_RANGE

    def partial_widths(self, mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Partial widths at epsilon = 1 (GeV, shape of ``mass``), one for each of `CHANNELS`."""
        m = _checked(mass)
        gamma0 = ALPHA * m / 3.0
        exclusive, quarks = _hadronic_ratios(m)
        ratios = {name: lepton_ratio(m, m_l) for name, m_l in LEPTONS.items()}
        ratios |= {name: exclusive[name] for name in OWN}
        rest = [r for name, r in exclusive.items() if name not in OWN]
        ratios["other"] = np.sum(rest, axis=0)
        ratios["quarks"] = quarks
        return {name: _shaped(gamma0 * ratio, np.shape(mass)) for name, ratio in ratios.items()}

    def width(self, mass: ArrayLike) -> NDArray[np.float64]:
        """Total width at epsilon = 1, GeV, shape of ``mass``."""
        widths = np.sum(list(self.partial_widths(np.atleast_1d(mass)).values()), axis=0)
        return _shaped(widths, np.shape(mass))

    def ctau(self, mass: ArrayLike) -> NDArray[np.float64]:
        """Proper decay length at epsilon = 1, m, shape of ``mass``."""
        return HBARC_GEV_M / self.width(mass)

    def branching(self, mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Branching ratios, arrays of the shape of ``mass`` that sum to 1 over the channels."""
        widths = self.partial_widths(mass)
        total = np.sum(list(widths.values()), axis=0)
        return {name: w / total for name, w in widths.items()}

    def other_fractions(self, mass: float) -> dict[str, float]:
        """Shares of the exclusive channels inside "other" at one mass; sum 1, empty where nothing is open."""
        ratios = {
            name: float(r[0]) for name, r in exclusive_ratios(_checked(mass)).items() if name not in OWN
        }
        total = sum(ratios.values())
        return {name: r / total for name, r in ratios.items() if r > 0.0}


def _shaped(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Values in the shape of the input; a NumPy scalar where the input is one mass."""
    return values.reshape(shape)[()]  # the empty index turns a 0-d array into a scalar


def _checked(mass: ArrayLike) -> NDArray[np.float64]:
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    lo, hi = MASS_RANGE
    bad = m[~((m > lo) & (m <= hi))]
    if bad.size:
        raise MassRangeError(
            f"dark photon of mass {bad[0]:g} GeV: widths are valid from 2 m_e = {lo:.4g} to {hi:g} GeV."
        )
    return m


def _hadronic_ratios(m: NDArray[np.float64]) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Effective R of every exclusive channel and of "quarks"; their sum is the total hadronic R."""
    exclusive = exclusive_ratios(m)
    summed = np.sum(list(exclusive.values()), axis=0)
    x = _ramp(m, BLEND_WIDTH)
    total = (1.0 - x) * missing_modes(m) * summed
    high = m > BLEND_WIDTH[0]
    total[high] += x[high] * inclusive.ratio(m[high])
    y = _ramp(m, BLEND_COMPOSITION)
    share = (1.0 - y) * total / np.maximum(summed, 1e-300)
    return {name: r * share for name, r in exclusive.items()}, y * total


def decays_json(mass: float, model: DarkPhoton | None = None) -> dict[str, object]:
    """Width, lifetime and branching ratios of one mass, ready for JSON (epsilon = 1)."""
    model = model or DarkPhoton()
    return {
        "mass_GeV": float(mass),
        "width_GeV": float(model.width(mass)),
        "ctau_m": float(model.ctau(mass)),
        "branching": {name: float(b) for name, b in model.branching(mass).items()},
    }
