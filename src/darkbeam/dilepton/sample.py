"""A sample of lepton pairs, each a virtual photon of the pair's mass.

A weighted pair stands for ``weight / sum(weight) * normalisation`` pairs per inelastic collision.  The rapidity is
that of the lab, y = y_cm + y_beam with y_beam = 1/2 ln(P_plus/P_minus) of the whole collision; with the transverse
mass m_T^2 = m^2 + pT^2 the momentum of the pair is

    E = m_T cosh y,   p_z = m_T sinh y,   and in the centre-of-mass frame   m_T cosh y_cm < (s + m^2) / (2 sqrt s).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_E, M_MU
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.source import N_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from darkbeam.facilities import Facility

    Array = NDArray[np.float64]

__all__ = ["LEPTONS", "DileptonSample", "energy_limit", "lab_shift", "lepton_mass", "poisson_factors"]

LEPTONS = {"mu": M_MU, "e": M_E}
"""Masses of the leptons, GeV."""


def lepton_mass(lepton: str) -> float:
    """Mass of a lepton (``mu`` or ``e``), GeV.

    Raises
    ------
    UnknownNameError
    """
    if lepton not in LEPTONS:
        raise UnknownNameError("lepton", lepton, LEPTONS)
    return LEPTONS[lepton]


def lab_shift(facility: Facility) -> float:
    """Rapidity of the centre of mass in the lab; 0 at a collider."""
    plus, minus = facility.total
    return 0.5 * float(np.log(plus / minus))


def energy_limit(mass: ArrayLike, facility: Facility) -> Array:
    """Largest centre-of-mass energy of a pair of a given mass (GeV), recoil massless, GeV; 0 beyond sqrt s."""
    m = np.asarray(mass, dtype=np.float64)
    return np.where(m < facility.sqrt_s, (facility.s + m * m) / (2.0 * facility.sqrt_s), 0.0)


def poisson_factors(weight: Array, variance: Array, rng: np.random.Generator) -> Array:
    """Draw Poisson(e)/e with e = w^2/v, shape (n,): mean 1, and the variance of w times it is v.

    Parameters
    ----------
    weight, variance : arrays, shape (n,)
    rng : Generator
    """
    equal = weight * weight / np.where(variance > 0.0, variance, 1.0)
    return np.asarray(rng.poisson(equal) / np.where(equal > 0.0, equal, 1.0))


@dataclass(frozen=True)
class DileptonSample:
    """Weighted lepton pairs.

    Attributes
    ----------
    mass, pt, y, weight : arrays, shape (n,)
        Mass and transverse momentum of the pair (GeV), its rapidity in the lab, and its weight.
    cos, phi : array, shape (n,), or None
        Decay angles of the positive lepton in the pair's rest frame.
    charge : array, shape (n,), or None
        Sum of the charges of the leptons: 0 for signal, +-2 for like-sign pairs.
    label : array of str, shape (n,), or None
        Which source each pair came from, if known.
    variance : array, shape (n,), or None
        What each pair adds to the variance of a sum of weights, where that is not the weight squared.
    shift : array, shape (n,), or None
        Change of each weight if all templates of the background were one standard deviation larger.
    lepton : {"mu", "e"}
    beam : str
        Name of the facility.
    normalisation : float or None
        Pairs per inelastic collision that the sum of the weights stands for; None if unknown.
    """

    mass: Array
    pt: Array
    y: Array
    weight: Array
    cos: Array | None = None
    phi: Array | None = None
    charge: Array | None = None
    label: NDArray[np.str_] | None = None
    variance: Array | None = None
    shift: Array | None = None
    lepton: str = "mu"
    beam: str = "SPS"
    normalisation: float | None = None

    def __post_init__(self) -> None:
        lepton_mass(self.lepton)
        get_facility(self.beam)
        for name in self.columns:
            if getattr(self, name).shape != self.mass.shape:
                shape = getattr(self, name).shape
                raise ValueRangeError(f"column {name} has the shape {shape}, mass has {self.mass.shape}")

    def __len__(self) -> int:
        return int(self.mass.size)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are present."""
        names = tuple(f.name for f in fields(self))[:10]
        return tuple(name for name in names if getattr(self, name) is not None)

    @property
    def facility(self) -> Facility:
        """Beam."""
        return get_facility(self.beam)

    @property
    def lepton_mass(self) -> float:
        """Mass of the lepton, GeV."""
        return lepton_mass(self.lepton)

    @property
    def squares(self) -> Array:
        """Variance v of each pair: w^2 unless a subtraction has added to it."""
        return self.weight**2 if self.variance is None else self.variance

    @property
    def effective_size(self) -> float:
        """(sum w)^2 / sum v: the number of equally weighted pairs with the same relative error."""
        square = float(np.sum(self.squares))
        return float(np.sum(self.weight)) ** 2 / square if square > 0.0 else 0.0

    @property
    def block(self) -> NDArray[np.int64]:
        """Block of each row, 0..N_BLOCKS-1, dealt in turn."""
        return np.arange(len(self)) % N_BLOCKS

    def of_block(self, block: int) -> DileptonSample:
        """Rows of one block; the normalisation shrinks with the weights."""
        return self.select(self.block == block)

    def select(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> DileptonSample:
        """Subset of the rows (a mask or indices); the normalisation goes with the sum of the weights."""
        chosen = {name: getattr(self, name)[mask] for name in self.columns}
        return self._with(chosen)

    def reweighted(self, weight: Array) -> DileptonSample:
        """Same rows with other weights; variance, shift and normalisation follow."""
        columns = {"weight": weight}
        zero = self.weight == 0.0
        ratio = np.where(zero, 1.0, weight / np.where(zero, 1.0, self.weight))
        if self.variance is not None:
            columns["variance"] = self.variance * ratio**2
        if self.shift is not None:
            columns["shift"] = self.shift * ratio
        return self._with(columns)

    def multiples(self, rng: np.random.Generator) -> Array:
        """Factors (n,) of the weights in a bootstrap replica: mean 1, variance v/w^2; a Poisson number if v = w^2."""
        return poisson_factors(self.weight, self.squares, rng)

    def resampled(self, rng: np.random.Generator) -> DileptonSample:
        """Bootstrap replica: every weight times a factor of `multiples`, rows of weight 0 dropped."""
        weight = self.weight * self.multiples(rng)
        return self.reweighted(weight).select(weight > 0.0)

    def _with(self, columns: dict[str, Array]) -> DileptonSample:
        """Replace columns and scale the normalisation as the sum of the weights."""
        norm = self.normalisation
        if norm is not None:
            norm *= float(np.sum(columns["weight"])) / float(np.sum(self.weight))
        return replace(self, **columns, normalisation=norm)  # type: ignore[arg-type]  # columns are arrays

    def energy(self) -> Array:
        """Lab energy of the pairs, GeV."""
        return np.asarray(np.hypot(self.mass, self.pt) * np.cosh(self.y))

    def theta(self) -> Array:
        """Polar angle of the pairs in the lab, rad."""
        return np.asarray(np.arctan2(self.pt, np.hypot(self.mass, self.pt) * np.sinh(self.y)))
