r"""Photo-electrons of a bar when most of them come in clusters.

Collisions with electrons are independent; each gives a Poisson number of photo-electrons with mean T/T*, T its energy
transfer (MeV, law 1/T^2) and T* = 1/(Y eta).  With the light of a bar of length L (cm), symbols as in
`darkbeam.detection.detectors`, the generating function of the number n is

    G(z) = exp(-mu(z)),     mu(z) = a (1 - z) [l - ln(1 - z)],     a l = clusters,

a = (K/2)(Z/A) rho Y eta L epsilon^2/beta^2 and l = ln(2 m_e T*/(hbar omega_p)^2) + 1 - 0.577.  Its expansion gives
clusters of n photo-electrons at the rates

    c_1 = a (l - 1),     c_n = a/(n (n - 1))     (n > 1),     sum = a l,

and the number of photo-electrons by the recursion P(n) = (1/n) sum_k k c_k P(n - k).  Valid for l > 1, any mean number
of clusters.  Derived here from the same light yield, not checked against a simulation.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["at_least"]

LN_LOW, LN_HIGH, STEP = -14.0, 8.0, 0.01
"""Range of ln clusters that is tabulated; below it the probability is proportional to the clusters."""


def at_least(count: int, clusters: Array, logarithm: float) -> Array:
    """Probability of at least ``count`` photo-electrons.

    Parameters
    ----------
    count : int
    clusters : array
        Mean number of clusters.
    logarithm : float
        l.
    """
    if count == 1:
        return np.asarray(-np.expm1(-clusters))
    x = np.log(np.maximum(clusters, 1e-300))
    grid, table = _table(count, logarithm)
    ln_p = np.interp(x, grid, table) + np.minimum(x - LN_LOW, 0.0)
    return np.asarray(np.exp(ln_p))


@lru_cache(maxsize=64)
def _table(count: int, logarithm: float) -> tuple[Array, Array]:
    """Grid of ln clusters, and ln of the probability of at least ``count`` photo-electrons."""
    grid = np.arange(LN_LOW, LN_HIGH, STEP)
    clusters = np.exp(grid)
    p = np.zeros((count, len(grid)))
    p[0] = np.exp(-clusters)
    # k c_k/clusters for k = 1, 2, ...
    rates = np.concatenate([[1.0 - 1.0 / logarithm], 1.0 / (logarithm * np.arange(1.0, count - 1.0))])
    for n in range(1, count):
        p[n] = clusters / n * np.sum(rates[:n, None] * p[n - 1 :: -1][:n], axis=0)
    # one cluster is large enough with probability 1/((count - 1) l): this part is exact, the rest a difference
    single = clusters * np.exp(-clusters) / ((count - 1.0) * logarithm)
    rest = 1.0 - np.sum(p, axis=0)
    return grid, np.log(np.maximum(np.where(clusters < 1e-3, single, rest), 1e-300))
