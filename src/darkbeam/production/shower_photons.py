r"""Photons of pi0 -> gamma gamma and eta -> gamma gamma, and the tracks of all showers they start.

The decay is isotropic, so a meson of energy E and momentum p makes a flat spectrum of photons,

    dN/dk = 2 B / p,      (E - p)/2 < k < (E + p)/2

B the branching ratio.  The spectrum of a facility is the sum over the meson table (quadrature in its two ranks, no
random numbers), and with the track length L(E; k) of one shower (`darkbeam.production.shower_tracks`)

    T(E) = int dk (dN/dk) L(E; k)

is the track length of all electrons and positrons per inelastic collision, X0/GeV.

Direction of a lepton of energy E: that of the photon, turned by multiple scattering.  While it slows down from k to E
by radiation alone (dE = -E dt) the mean square angle in space grows by (E_s/E')^2 per radiation length,

    <theta^2> = E_s^2 int_E^k dE'/E'^3 = (E_s^2/2) (1/E^2 - 1/k^2),    E_s = m_e sqrt(4 pi/alpha) = 21.2 MeV

and theta^2 is taken to be exponential (Gaussian in each plane).  Diffusion theory has 0.55 for the factor 1/2 at the
maximum of a shower, quoted from memory.  The angle of pair production, m_e/k, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E, M_ETA, M_PI0
from darkbeam.kinematics import boost_from_rest, two_body_rest
from darkbeam.production.shower_tracks import track_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.spectra import MesonSpectrum, Spectra

    Array = NDArray[np.float64]

__all__ = [
    "PARENTS", "SCATTERING", "Parent", "PhotonBeam", "Photons", "photon_numbers", "sample_photons",
    "scattering_angle", "turned",
]  # fmt: skip

SCATTERING = float(M_E * np.sqrt(4.0 * np.pi / ALPHA))
"""E_s, GeV."""
_K_MIN = 1.0e-3
"""Softest photon counted, GeV."""
_K_PER_DECADE = 80
_N_Z, _N_W = 360, 32


@dataclass(frozen=True)
class Parent:
    """A meson that decays to two photons; branching ratio of the Particle Data Group."""

    species: str
    mass: float
    branching: float


PARENTS = (Parent("pi0", M_PI0, 0.98823), Parent("eta", M_ETA, 0.3936))
"""Photons of other decays (omega -> pi0 gamma: 0.08 per omega) are left out."""


@dataclass(frozen=True)
class Photons:
    """Weighted photons in the laboratory.

    Attributes
    ----------
    energy, cos_theta : arrays, shape (n,)
        GeV; cosine of the polar angle.
    weight : array, shape (n,)
        Photons per inelastic collision.
    block, index : arrays of int, shape (n,)
        Jackknife block and number of the meson.
    """

    energy: Array
    cos_theta: Array
    weight: Array
    block: NDArray[np.int64]
    index: NDArray[np.int64]


def sample_photons(
    spectrum: MesonSpectrum, parent: Parent, n: int, rng: np.random.Generator, points: Array
) -> Photons:
    """Draw one photon of each of n mesons.

    Parameters
    ----------
    spectrum : MesonSpectrum
        Of the parents.
    parent : Parent
    n : int
    rng : Generator
    points : array, shape (4, n)
        Points in the unit cube: two for the meson, two for the decay.
    """
    mothers = spectrum.sample(n, rng, points[:2])
    rest, _ = two_body_rest(parent.mass, 0.0, 0.0, 2.0 * points[2] - 1.0, 2.0 * np.pi * points[3])
    momentum = np.stack([mothers.energy, mothers.pt, np.zeros(n), mothers.pz])
    energy, _, _, pz = boost_from_rest(rest, momentum, parent.mass)
    # a photon emitted backward loses digits in the boost; this is the least energy it can have
    energy = np.maximum(energy, parent.mass**2 / (2.0 * (mothers.energy + mothers.momentum)))
    cos_theta = np.clip(pz / energy, -1.0, 1.0)
    weight = 2.0 * parent.branching * mothers.weight
    return Photons(energy, cos_theta, weight, mothers.block, mothers.index)


def photon_numbers(spectrum: MesonSpectrum, parent: Parent) -> tuple[Array, Array]:
    """Energies (GeV) and numbers of photons per inelastic collision, on cells of equal ratio.

    Returns
    -------
    energy, number : arrays, shape (n,)
        Mean energy and content of each cell.
    """
    energy, pt, pz, weight = _meson_grid(spectrum)
    p = np.hypot(pt, pz)
    top = spectrum.facility.beam_energy
    n = int(np.ceil(_K_PER_DECADE * np.log10(top / _K_MIN)))
    edges = np.geomspace(_K_MIN, top, n + 1)
    hard, soft = 0.5 * (energy + p), 0.5 * (energy - p)
    above, carried = np.empty(n + 1), np.empty(n + 1)
    for i, k in enumerate(edges):
        from_k = np.clip(k, soft, hard)
        above[i] = np.einsum("i,i", weight, (hard - from_k) / p)
        carried[i] = np.einsum("i,i", weight, 0.5 * (hard**2 - from_k**2) / p)
    number = 2.0 * parent.branching * (above[:-1] - above[1:])
    total = 2.0 * parent.branching * (carried[:-1] - carried[1:])
    filled = number > 0.0
    mean = np.clip(total[filled] / number[filled], edges[:-1][filled], edges[1:][filled])
    return mean, number[filled]


def _meson_grid(spectrum: MesonSpectrum) -> tuple[Array, Array, Array, Array]:
    """(E, pT, pz, weight) of mesons by midpoint quadrature in the ranks; weights sum to the multiplicity."""
    edges = np.linspace(-16.0, 24.0, _N_Z + 1)
    z = 0.5 * (edges[1:] + edges[:-1])
    q = (np.arange(_N_W) + 0.5) / _N_W
    w = 14.0 * q * q
    s = 1.0 / (1.0 + np.exp(z))
    survival, rank = (g.ravel() for g in np.meshgrid(s, -np.expm1(-w), indexing="ij"))
    weight = np.outer(s * (1.0 - s), q * np.exp(-w)).ravel()
    energy, pt, pz = spectrum.momenta(survival, rank)
    kept = np.where(spectrum.allowed(energy, pt, pz), weight, 0.0)
    return energy, pt, pz, spectrum.multiplicity * kept / weight.sum()


@dataclass(frozen=True)
class PhotonBeam:
    """All photons of one facility, parent by parent.

    Attributes
    ----------
    spectra : Spectra
        Mesons per inelastic collision.
    """

    spectra: Spectra

    @cached_property
    def numbers(self) -> dict[str, tuple[Array, Array]]:
        """Energies and numbers of photons (`photon_numbers`) by parent."""
        return {p.species: photon_numbers(self.spectra.species(p.species), p) for p in PARENTS}

    @property
    def total_energy(self) -> float:
        """Energy of all photons per inelastic collision, GeV."""
        return sum(float(np.einsum("i,i", k, n)) for k, n in self.numbers.values())

    def tracks(
        self, energy: Array, parent: Parent, critical_energy: float, description: str = "central"
    ) -> Array:
        """T(E) of one parent in X0/GeV per inelastic collision, at lepton energies in GeV."""
        k, number = self.numbers[parent.species]
        lengths = track_length(np.asarray(energy)[:, None], k[None, :], critical_energy, description)
        return np.asarray(np.einsum("ij,j->i", lengths, number))


def scattering_angle(energy: Array | float, photon: Array, rank: Array) -> Array:
    """Angle (rad) of a lepton to its photon at a rank in (0, 1); at most pi."""
    mean = 0.5 * SCATTERING**2 * np.maximum(1.0 / np.square(energy) - 1.0 / np.square(photon), 0.0)
    return np.asarray(np.minimum(np.sqrt(-mean * np.log1p(-rank)), np.pi))


def turned(cos_theta: Array, deflection: Array, azimuth: Array) -> Array:
    """Cosine of the polar angle after a deflection (rad) at an azimuth (rad) about the old direction."""
    sine = np.sqrt(np.maximum(1.0 - cos_theta * cos_theta, 0.0))
    found = cos_theta * np.cos(deflection) + sine * np.sin(deflection) * np.cos(azimuth)
    return np.asarray(np.clip(found, -1.0, 1.0))
