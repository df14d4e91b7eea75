r"""Vector mesons of mass m from the string: rates and spectra between the tabulated masses.

Tables at the masses of `darkbeam.spectra.mixing_generator.NODES` share one grid in rank, so that a quantile at mass m
is the linear interpolation of the quantiles of the neighbouring masses at the same rank,

    ln x(z; m),  pT^2(z, w; m)    linear in m;     ln N_V(m)  linear in m

(z, w, x as in `darkbeam.spectra.spectrum`; x and pT hardly move from one mass to the next at given rank, while a
spectrum in energy and angle would).  The result is an ordinary `MesonSpectrum` of mass m.  rho0 and omega
have one table ("light"), because the string makes them alike.  The phi ("strange") is rare and matters near its
own mass only: its quantiles are those of the meson table, which has a larger sample, and move with m as those of the
light mesons do,

    ln x_phi(z; m) = ln x_phi(z; m_phi) + ln x_light(z; m) - ln x_light(z; m_phi),   pT^2 with a ratio alike.

The asymmetry a = (N_uu - N_dd)/(N_uu + N_dd) of the light mesons, as a function of ln x, serves the coherent sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_P
from darkbeam.errors import MassRangeError

from .species import N_BLOCKS, Species
from .spectrum import MesonSpectrum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["KINDS", "MixingSpectra", "NodeTables"]

KINDS = ("light", "strange")
"""u ubar or d dbar (rho0 and omega), and s sbar (phi)."""
_COUNTS = 1_000_000
"""Interpolated shares of the generator blocks in a cell become integers out of this many."""


@dataclass(frozen=True)
class NodeTables:
    """Tables of light mesons at n_m masses, on common grids (`darkbeam.spectra.spectrum.Table` says of what).

    Attributes
    ----------
    mass : array, shape (n_m,)
        GeV.
    z_range : array, shape (2,)
    lnx : array, shape (n_m, n_z)
    tail : array, shape (n_m, 4)
    tail_block : array, shape (n_m, 20)
    pt_z, pt_w : arrays, shapes (n_b,), (n_w,)
    pt2 : array, shape (n_m, n_b, n_w)
        GeV^2.
    cell_z, cell_w : arrays
    n_block : array of int, shape (n_m, cells, 20)
        Raw mesons.
    """

    mass: NDArray[np.float64]
    z_range: NDArray[np.float64]
    lnx: NDArray[np.float64]
    tail: NDArray[np.float64]
    tail_block: NDArray[np.float64]
    pt_z: NDArray[np.float64]
    pt_w: NDArray[np.float64]
    pt2: NDArray[np.float64]
    cell_z: NDArray[np.float64]
    cell_w: NDArray[np.float64]
    n_block: NDArray[np.int64]

    def at(self, mass: float, multiplicity: float) -> Table:
        """Table at a mass between the nodes, with a multiplicity."""
        i, t = _between(self.mass, mass)
        total = np.maximum(self.n_block.sum(axis=2, keepdims=True), 1)
        lnx, tail, share = (_mix(a, i, t) for a in (self.lnx, self.tail, self.n_block / total))
        tail[1] = np.exp(lnx[-1])
        tail[2] = max(tail[2], tail[1] + 1e-6 * (1.0 - tail[1]))
        return Table(
            multiplicity=multiplicity,
            n_raw=int(_mix(self.n_block.sum(axis=(1, 2)), i, t)),
            z_range=self.z_range,
            lnx=lnx,
            tail=tail,
            tail_block=_mix(self.tail_block, i, t),
            pt_z=self.pt_z,
            pt_w=self.pt_w,
            pt2=_mix(self.pt2, i, t),
            cell_z=self.cell_z,
            cell_w=self.cell_w,
            n_block=np.rint(_COUNTS * share).astype(np.int64),
        )


def _between(nodes: NDArray[np.float64], x: float) -> tuple[int, float]:
    """Index of the node below x, and how far x is on the way to the next."""
    i = int(np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2))
    return i, float(np.clip((x - nodes[i]) / (nodes[i + 1] - nodes[i]), 0.0, 1.0))


def _mix(values: NDArray[Any], i: int, t: float) -> NDArray[np.float64]:
    return np.asarray(values[i] + t * (values[min(i + 1, len(values) - 1)] - values[i]), dtype=np.float64)


def _species(kind: str, mass: float) -> Species:
    return Species(kind, (), mass, 2.0 * M_P)


@dataclass(frozen=True)
class MixingSpectra:
    """Rates and spectra of vector mesons of any mass at one facility.

    Attributes
    ----------
    facility : Facility
    light : NodeTables
    phi : MesonSpectrum
        Of the meson table.
    rate : mapping of str to array, shape (n_m, 20)
        Mesons per inelastic collision at each mass from each generator block: rho0 (or omega, alike) and phi.
    asymmetry_lnx, asymmetry : arrays, shape (n_m, n_strips)
        ln x and a.
    sample : mapping
        What the generator sample says about itself (the JSON file).
    factor : float
        Factor on all rates.
    """

    facility: Facility
    light: NodeTables
    phi: MesonSpectrum
    rate: Mapping[str, NDArray[np.float64]]
    asymmetry_lnx: NDArray[np.float64]
    asymmetry: NDArray[np.float64]
    sample: Mapping[str, Any] = field(default_factory=dict)
    factor: float = 1.0

    @property
    def valid(self) -> tuple[float, float]:
        """First and last mass, GeV."""
        return float(self.light.mass[0]), float(self.light.mass[-1])

    def multiplicity(self, kind: str, mass: float) -> float:
        """N_rho = N_omega (``light``) or N_phi (``strange``) per inelastic collision."""
        self._check(mass)
        i, t = _between(self.light.mass, mass)
        mean = np.log(self.rate[kind].mean(axis=1))
        return self.factor * float(np.exp(_mix(mean, i, t)))

    def multiplicity_error(self, kind: str, mass: float) -> float:
        """Statistical error of `multiplicity`, from the scatter of the generator blocks."""
        i, t = _between(self.light.mass, mass)
        blocks = _mix(self.rate[kind], i, t)
        return self.factor * float(blocks.std(ddof=1) / np.sqrt(N_BLOCKS))

    def spectrum(self, kind: str, mass: float) -> MesonSpectrum:
        """Spectrum of mesons of a mass; its multiplicity is that of one meson (rho0, omega or phi)."""
        number = self.multiplicity(kind, mass)
        if kind == "strange":
            return self._moved_phi(mass, number)
        return MesonSpectrum(self.facility, _species(kind, mass), self.light.at(mass, number))

    def _moved_phi(self, mass: float, number: float) -> MesonSpectrum:
        t = self.phi.table
        here, there = (self.spectrum("light", m) for m in (mass, self.phi.mass))
        survival = 1.0 / (1.0 + np.exp(np.linspace(t.z_range[0], t.z_range[1], len(t.lnx))))
        limit = here.table.tail[2]
        lnx = np.minimum(t.lnx + np.log(here.x(survival) / there.x(survival)), np.log(limit) - 1e-6)
        lnx = np.maximum.accumulate(lnx)
        s, v = (
            g.ravel() for g in np.meshgrid(1.0 / (1.0 + np.exp(t.pt_z)), -np.expm1(-t.pt_w), indexing="ij")
        )
        new, old = here.pt(s, v), there.pt(s, v)
        ratio = np.divide(new, old, out=np.ones_like(new), where=old > 0.0).reshape(t.pt2.shape)
        pt2 = np.maximum.accumulate(t.pt2 * np.square(ratio), axis=1)
        tail = np.array([t.tail[0], np.exp(lnx[-1]), limit, t.tail[3]])
        table = replace(t, multiplicity=number, lnx=lnx, tail=tail, pt2=pt2)
        return MesonSpectrum(self.facility, _species("strange", mass), table)

    def light_asymmetry(self, mass: float, lnx: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N_uu - N_dd)/(N_uu + N_dd) of light mesons of a mass at given ln x."""
        i, t = _between(self.light.mass, mass)
        return np.interp(lnx, _mix(self.asymmetry_lnx, i, t), _mix(self.asymmetry, i, t))

    def mean_asymmetry(self, mass: float, n: int = 400) -> float:
        """Asymmetry of all light mesons of a mass, by midpoint quadrature in their rank."""
        survival = (np.arange(n) + 0.5) / n
        return float(self.light_asymmetry(mass, np.log(self.spectrum("light", mass).x(survival))).mean())

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low <= mass <= high:
            raise MassRangeError(f"mixing is tabulated from {low:g} to {high:g} GeV, not at {mass:g} GeV")
