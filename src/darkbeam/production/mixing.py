r"""Dark photons that mix with rho0, omega and phi inside the fragmenting string.

    N(m) = sum_V N_V(m) |theta_V(m)|^2,    V = rho, omega, phi                        (arXiv:2504.06828)

per inelastic collision and per epsilon^2.  N_V(m): mesons V per collision that the string would make if they had the
mass m of the A' (`darkbeam.spectra.mixing`), N_rho = N_omega; theta_V: `darkbeam.production.mixing_couplings`.
The A' has the momentum of that meson.  Valid from 0.02 to 4 GeV (J-PARC: 2.5 GeV), the masses tabulated.

Left out: vector mesons from decays of heavier hadrons (3 % of the rho0).

Variations:

* ``mixing-coherent``: amplitudes add by quark flavour,

      N = N_uu |theta_omega + theta_rho|^2/2 + N_dd |theta_omega - theta_rho|^2/2 + N_ss |theta_phi|^2
        = N_rho [|theta_rho|^2 + |theta_omega|^2 + 2 a Re(theta_rho theta_omega*)] + N_phi |theta_phi|^2

  a = (N_uu - N_dd)/(N_uu + N_dd) depends on m and on the light-cone fraction; the incoherent sum is a = 0.
* ``mixing-excited``: |theta_V'|^2 of rho(1450), omega(1420), phi(1680) is added to |theta_V|^2.  Without interference
  and with the production rate of the ground states it is an estimate of size; it dominates above 1.2 GeV.

Vectors with other charges: theta_rho times c1, theta_omega times c0, theta_phi times cs, everywhere
(`darkbeam.hadrons.couplings`; all 1 for the dark photon).

The old description ``mixing-old`` (SensCalc, arXiv:2305.13383) is a source of its own: the rho only, at any mass as
many as there are rho0, with their light-cone fraction and pT,

    N(m) = N_rho0 (4 pi alpha/25) M^4 / [(m^2 - M^2)^2 + M^2 Gamma^2],    M = 0.775, Gamma = 0.149 GeV
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.production.charged_model import couplings_at
from darkbeam.production.mixing_couplings import COUPLING_SETS, theta, theta_excited
from darkbeam.production.source import N_BLOCKS, Flux
from darkbeam.spectra import MesonSpectrum, Species, Spectra, load_spectra
from darkbeam.spectra.mixing import KINDS, MixingSpectra
from darkbeam.spectra.mixing_storage import load_mixing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.spectra import Mothers

__all__ = ["Mixing", "MixingOld", "mixing_old_source", "mixing_source"]

_LEAST_SHARE = 0.05
"""Share of the points that each kind of meson gets at least."""
_KIND_MESONS = {"light": ("rho", "omega"), "strange": ("phi",)}


@dataclass(frozen=True)
class Mixing:
    """Dark photons from mixing with vector mesons of the string.

    Attributes
    ----------
    spectra : MixingSpectra
        Rates and spectra of vector mesons of any mass.
    couplings : {"measured", "senscalc"}
        Convention of couplings, masses and widths.
    scale : float
        Factor on every yield, e.g. sigma_inel/sigma_tot for rates per collision elastic ones included.
    model : ChargedModel, optional
        Vector that mixes; the dark photon by default.
    """

    spectra: MixingSpectra
    couplings: str = "measured"
    scale: float = 1.0
    model: ChargedModel | None = None

    def __post_init__(self) -> None:
        if self.couplings not in COUPLING_SETS:
            raise UnknownNameError("set of mixing couplings", self.couplings, COUPLING_SETS)

    @property
    def name(self) -> str:
        """Name on the command line."""
        return "mixing"

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in GeV."""
        return self.spectra.valid

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``; SensCalc's convention has none."""
        return ("mixing-coherent", "mixing-excited") if self.couplings == "measured" else ()

    def charge(self, meson: str, mass: float) -> float:
        """Coupling of the vector to a meson over that of a dark photon: c1, c0 or cs."""
        c = couplings_at(self.model, mass)
        return {"rho": c.c1, "omega": c.c0, "phi": c.cs}[meson]

    def strength(self, kind: str, mass: float, variation: str = "central") -> float:
        """Sum of |theta_V|^2 over the mesons of a kind, ``light`` (rho, omega) or ``strange`` (phi)."""
        mesons = _KIND_MESONS[kind]
        total = sum(abs(self.charge(v, mass) * theta(v, mass, self.couplings)) ** 2 for v in mesons)
        if variation == "mixing-excited" and variation in self.variation_names:
            total += sum(abs(self.charge(v, mass) * theta_excited(v, mass)) ** 2 for v in mesons)
        return total

    def interference(self, mass: float) -> float:
        """2 Re(theta_rho theta_omega*), which the coherent sum multiplies with the asymmetry."""
        rho, omega = (self.charge(v, mass) * theta(v, mass, self.couplings) for v in _KIND_MESONS["light"])
        return 2.0 * (rho * omega.conjugate()).real

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        _check(self, mass)
        parts = {k: self._number(k, mass) * self.strength(k, mass, variation) for k in KINDS}
        if variation == "mixing-coherent" and variation in self.variation_names:
            asymmetry = self.spectra.mean_asymmetry(mass)
            parts["light"] += self._number("light", mass) * asymmetry * self.interference(mass)
        return sum(parts.values())

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Weighted dark photons of one mass.

        Parameters
        ----------
        mass : float
            GeV.
        n : int
            Points wanted; each kind of meson is rounded up to a multiple of the number of blocks.
        rng : Generator
        """
        _check(self, mass)
        rates = np.array([self._number(k, mass) * self.strength(k, mass) for k in KINDS])
        shares = np.maximum(rates / max(rates.sum(), 1e-300), _LEAST_SHARE)
        counts = N_BLOCKS * np.ceil(n * shares / shares.sum() / N_BLOCKS).astype(np.int64)
        parts = [self._part(kind, mass, int(count), rng) for kind, count in zip(KINDS, counts, strict=True)]
        return _concatenate(mass, parts)

    def _part(self, kind: str, mass: float, n: int, rng: np.random.Generator) -> _Part:
        spectrum = self.spectra.spectrum(kind, mass)
        mesons = spectrum.sample(n, rng)
        central = self.strength(kind, mass)
        variations = {}
        for name in self.variation_names:
            factor = np.full(n, self.strength(kind, mass, name))
            if name == "mixing-coherent" and kind == "light":
                pz = np.abs(mesons.pz) if spectrum.facility.collider else mesons.pz
                lnx = np.log(np.maximum(mesons.energy + pz, 1e-12) / spectrum.facility.light_cone)
                factor += self.spectra.light_asymmetry(mass, lnx) * self.interference(mass)
            variations[name] = mesons.weight * self.scale * factor
        return mesons, mesons.weight * (self.scale * central), variations

    def _number(self, kind: str, mass: float) -> float:
        return self.scale * self.spectra.multiplicity(kind, mass)


_Part = tuple["Mothers", "NDArray[np.float64]", dict[str, "NDArray[np.float64]"]]


def _concatenate(mass: float, parts: Sequence[_Part]) -> Flux:
    mesons = [m for m, _, _ in parts]
    n = [len(m.energy) for m in mesons]
    return Flux(
        mass=mass,
        energy=np.concatenate([m.energy for m in mesons]),
        theta=np.concatenate([m.theta for m in mesons]),
        weight=np.concatenate([w for _, w, _ in parts]),
        block=np.concatenate([m.block for m in mesons]),
        mother=np.arange(sum(n)),
        variations={k: np.concatenate([v[k] for _, _, v in parts]) for k in parts[0][2]},
    )


@dataclass(frozen=True)
class MixingOld:
    """Dark photons from mixing with the rho0 alone, in the old description.

    Attributes
    ----------
    spectra : Spectra
        Spectra of mesons at one facility.
    valid : tuple of float
        Open mass interval, GeV.
    scale : float
        Factor on every yield.
    """

    spectra: Spectra
    valid: tuple[float, float] = (0.02, 4.0)
    scale: float = 1.0

    @property
    def name(self) -> str:
        """Name on the command line."""
        return "mixing-old"

    @property
    def variation_names(self) -> tuple[str, ...]:
        """No variations."""
        return ()

    def strength(self, mass: float) -> float:
        """|theta|^2 per epsilon^2."""
        M, G = 0.775, 0.149
        return 4.0 * pi * ALPHA / 25.0 * M**4 / ((mass**2 - M**2) ** 2 + M**2 * G**2)

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1; there are no variations."""
        del variation
        _check(self, mass)
        return self.scale * self.spectra.species("rho0").multiplicity * self.strength(mass)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Weighted dark photons of one mass."""
        _check(self, mass)
        rho = self.spectra.species("rho0")
        moved = MesonSpectrum(rho.facility, Species("rho0", (), mass, rho.species.recoil), rho.table)
        mesons = moved.sample(n, rng)
        return _concatenate(mass, [(mesons, mesons.weight * (self.scale * self.strength(mass)), {})])


def _check(source: Mixing | MixingOld, mass: float) -> None:
    low, high = source.valid
    if not low < mass < high:
        raise MassRangeError(f"{source.name} is valid from {low:g} to {high:g} GeV, not at {mass:g} GeV")


def mixing_source(facility: str, couplings: str = "measured", scale: float = 1.0) -> Mixing:
    """Mixing at a facility, from the shipped tables.

    Examples
    --------
    >>> mixing_source("SPS").valid
    (0.02, 4.0)
    """
    return Mixing(load_mixing(facility), couplings, scale)


def mixing_old_source(facility: str, scale: float = 1.0) -> MixingOld:
    """Old description of mixing at a facility."""
    return MixingOld(load_spectra(facility), scale=scale)
