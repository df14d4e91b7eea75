r"""Track length of electrons and positrons in the shower of one photon.

A photon of energy k starts a shower.  With t the depth in radiation lengths, L(E) the number of electrons and
positrons per energy, integrated over t (the differential track length, in X0/GeV), and G(q) the same for photons, the
diffusion equations (Rossi and Greisen, Rev. Mod. Phys. 13 (1941) 240), integrated over all depths, are balances.
Of photons at q, with mu the pair production per X0::

    mu G(q) = delta(q - k) + int_q^k (dE/E) L(E) phi(q/E)

and of electrons that fall through the energy E on their way down::

    E_c L(E) + int_E^k dE' L(E') Phi(1 - E/E') = 2 int_E^k dq G(q) Psi(E/q)

Cross-sections per radiation length at complete screening (Particle Data Group, Passage of Particles Through Matter,
Eqs. 34.29 and 34.32), w the fraction of the energy radiated, u that of one lepton of the pair::

    phi(w) = (4/3 - 4/3 w + w^2) / w,      Phi(w) = int_w^1 phi
    psi(u) = 1 - 4/3 u (1 - u),            Psi(u) = int_u^1 psi,      mu = 7/9

Without the ionisation loss E_c per X0 this is Approximation A: k L is a function of v = E/k alone, and tends to

    L(E) = 0.437 k/E^2        for v -> 0

(Rossi, High-Energy Particles, 1952, chapter 5; the number also follows from the solution here).  With it
(Approximation B) L is divided by a function of E/E_c, which is taken from the limit k -> infinity:

    L(E; k) = L_A(E; k) f(E/E_c),    f -> 1 for E >> E_c.

Half of the tracks are positrons (annihilation in flight and Compton scattering, which break the symmetry below about
E_c, are left out, and so are the changes of the photon cross-section below 100 MeV).

Descriptions: ``central`` is L_A f; ``shower-asymptotic`` is 0.437 k/E^2 up to E = k, the textbook formula, an
overestimate near k and below E_c; ``shower-first-pair`` counts only the two leptons of the first pair.

The equations are solved on cells of equal ratio (40 per decade) with E^2 L constant in each: on them the kernels depend
on the difference of the cell numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["ASYMPTOTIC", "DESCRIPTIONS", "ShowerSolution", "solve_shower", "track_length"]

ASYMPTOTIC = 0.437
"""E^2 L / k at small E/k in Approximation A."""
DESCRIPTIONS = ("central", "shower-asymptotic", "shower-first-pair")
"""Names of the descriptions of the track length."""
_MU = 7.0 / 9.0
_PER_DECADE = 40
_DECADES = 6
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS


def _radiated_more(w: Array) -> Array:
    """Phi(w)."""
    return np.asarray(-4.0 / 3.0 * np.log(w) - 4.0 / 3.0 * (1.0 - w) + 0.5 * (1.0 - w * w))


def _pair_above(u: Array) -> Array:
    """Psi(u)."""
    return np.asarray((1.0 - u) - 2.0 / 3.0 * (1.0 - u * u) + 4.0 / 9.0 * (1.0 - u**3))


def _radiated_between(a: Array, b: Array) -> Array:
    """Integral of phi from a to b."""
    return _radiated_more(a) - _radiated_more(b)


@dataclass(frozen=True)
class ShowerSolution:
    """Depth-integrated spectra of a shower started by a photon of energy 1.

    Attributes
    ----------
    energy : array, shape (n,)
        Centres (in the logarithm) of the cells, descending.
    scaled : array, shape (n,)
        E^2 L(E) of electrons and positrons together.
    photons : array, shape (n,)
        q^2 G(q) of secondary photons.
    """

    energy: Array
    scaled: Array
    photons: Array


def _kernels(n: int) -> tuple[Array, Array, Array]:
    """Integrals over cells, by difference of cell numbers 0..n-1.

    Cell j lies between r^(j+1) and r^j; with E = r^(j+1) e for E in it, all are relative to the lower edge of cell i.
    """
    ratio = 10.0 ** (1.0 / _PER_DECADE)
    low = ratio ** np.arange(n)[:, None]  # lower edge of cell j = i - d in units of that of cell i
    # substitution e = 1 + (ratio - 1) s^2 follows the logarithm of Phi at e -> 1
    e = 1.0 + (ratio - 1.0) * _NODES**2
    de = (ratio - 1.0) * 2.0 * _NODES * _WEIGHTS
    energy = low * e
    falling = np.sum(de * low / energy**2 * _radiated_more(np.maximum(1.0 - 1.0 / energy, 1e-300)), axis=1)
    pairs = np.sum(de * low / energy**2 * _pair_above(1.0 / energy), axis=1)
    top = np.minimum(ratio, energy)
    photons = np.sum(de * low / energy**2 * _radiated_between(1.0 / energy, top / energy), axis=1)
    return falling, pairs, photons


def solve_shower(ionisation: float = 0.0, generations: bool = True) -> ShowerSolution:
    """Solve the balances for a photon of energy 1.

    Parameters
    ----------
    ionisation : float
        E_c/k.
    generations : bool
        Whether photons radiated by electrons make pairs in turn.

    Examples
    --------
    >>> round(float(solve_shower().scaled[-1]), 2)
    0.44
    """
    n = _PER_DECADE * _DECADES
    ratio = 10.0 ** (1.0 / _PER_DECADE)
    falling, pairs, photons = _kernels(n)
    lower = ratio ** -np.arange(1.0, n + 1.0)
    centre = lower * np.sqrt(ratio)
    inside = 1.0 - 1.0 / ratio  # int dq/q^2 over a cell, times its lower edge
    scaled, secondary = np.zeros(n), np.zeros(n)
    first = 2.0 / _MU * _pair_above(lower)
    for i in range(n):
        later = slice(0, i)
        back = slice(i, 0, -1)
        known = np.einsum("j,j", scaled[later], photons[back])
        feed = 0.0
        if generations:
            feed = 2.0 * np.einsum("j,j", secondary[later], pairs[back]) / lower[i]
        fall = np.einsum("j,j", scaled[later], falling[back]) / lower[i]
        # L at the lower edge: linear from the centres of this cell and of the one before
        ahead = 1.5 if i else 1.0
        own = falling[0] / lower[i] + ionisation * ahead / centre[i] ** 2
        fall -= ionisation * (ahead - 1.0) * scaled[i - 1] / centre[i - 1] ** 2
        # photons of this cell are those known plus what its own electrons radiate
        gain = 1.0 / (_MU * inside) if generations else 0.0
        own -= 2.0 * pairs[0] / lower[i] * gain * photons[0]
        rest = first[i] + feed + 2.0 * pairs[0] / lower[i] * gain * known - fall
        scaled[i] = rest / own
        secondary[i] = gain * (known + scaled[i] * photons[0])
    return ShowerSolution(centre, scaled, secondary)


@lru_cache(maxsize=4)
def _scaled(generations: bool) -> tuple[Array, Array]:
    """Nodes in ln v, ascending, and v^2 k L."""
    found = solve_shower(0.0, generations)
    return np.log(found.energy[::-1]), found.scaled[::-1].copy()


@lru_cache(maxsize=1)
def _ionisation() -> tuple[Array, Array]:
    """Nodes in ln(E/E_c), ascending, and f; from a photon of 10^4 E_c."""
    loss = 1.0e-4
    with_loss, without = solve_shower(loss), solve_shower(0.0)
    return np.log(with_loss.energy[::-1] / loss), (with_loss.scaled / without.scaled)[::-1]


def track_length(
    energy: Array | float, photon: Array | float, critical_energy: float, description: str = "central"
) -> Array:
    """Differential track length of electrons and positrons together.

    Parameters
    ----------
    energy : array or float
        Lepton energy E, GeV.
    photon : array or float
        Energy k of the photon, GeV; broadcast against ``energy``.
    critical_energy : float
        E_c, GeV.
    description : str
        One of `DESCRIPTIONS`.

    Returns
    -------
    array
        X0 per GeV; 0 for E >= k.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> float(track_length(1.0, 1.0e4, 0.0, "shower-asymptotic"))
    4370.0
    """
    if description not in DESCRIPTIONS:
        raise UnknownNameError("description of the track length", description, DESCRIPTIONS)
    E, k = np.broadcast_arrays(np.asarray(energy, dtype=np.float64), np.asarray(photon, dtype=np.float64))
    ln_v = np.log(E / k)
    if description == "shower-asymptotic":
        scaled = np.full(E.shape, ASYMPTOTIC)
    else:
        scaled = np.interp(ln_v, *_scaled(description != "shower-first-pair"))
        if critical_energy > 0.0:
            scaled = scaled * np.interp(np.log(E / critical_energy), *_ionisation())
    return np.asarray(np.where(ln_v < 0.0, scaled * k / E**2, 0.0))
