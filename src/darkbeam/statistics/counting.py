r"""A counting experiment: its excluded signal by three methods.

n events are seen where b are expected from background and s from signal:

    P(n | s) = < (e s + b')^n exp(-(e s + b')) / n! >        averaged over e and b'

e (mean 1, relative error ``signal_error``) and b' (mean b, absolute error ``background_error``) are log-normal;
the mean over both is the "highland-cousins" treatment of nuisance parameters (NIM A 320 (1992) 331).  At confidence
level C the excluded signal s_up solves

    poisson            P(n <= n_obs | s_up) = 1 - C
    cls                P(n <= n_obs | s_up) / P(n <= n_obs | 0) = 1 - C              (J. Phys. G 28 (2002) 2693)
    feldman-cousins    s_up = largest s whose acceptance region, ordered by P(n|s)/P(n|s_best), has n_obs
                                                                        (physics/9711021, PRD 57 (1998) 3873)

s_best = max(0, n - b).  Without an observation, n_obs is the median of P(n | 0), which gives the median expected limit
because s_up rises with n_obs.  Numbers of events; any b >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log, sqrt

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError

from .feldman_cousins import interval, most_events
from .poisson import Mixture

__all__ = ["METHODS", "Counting"]

METHODS = ("poisson", "cls", "feldman-cousins")
"""Names of the methods."""
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Counting:
    """Background, observation and method.

    Attributes
    ----------
    method : {"poisson", "cls", "feldman-cousins"}
    confidence_level : float
        Between 0 and 1.
    background, background_error : float
        Expected events and their absolute error.
    observed : int or None
        Events seen; None for a projection: the median expected number.
    signal_error : float
        Relative error of the signal.

    Raises
    ------
    UnknownNameError, ValueRangeError

    Examples
    --------
    >>> print(f"{Counting().upper_limit():.4f}")
    2.3026
    >>> print(f"{Counting('feldman-cousins').upper_limit():.2f}")
    2.44
    """

    method: str = "poisson"
    confidence_level: float = 0.90
    background: float = 0.0
    background_error: float = 0.0
    observed: int | None = None
    signal_error: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("statistical method", self.method, METHODS)
        if not 0.0 < self.confidence_level < 1.0:
            raise ValueRangeError(f"confidence level {self.confidence_level:g} is not between 0 and 1")
        for name in ("background", "background_error", "signal_error"):
            value = getattr(self, name)
            if not (value >= 0.0 and isfinite(value)):
                raise ValueRangeError(f"{name} = {value:g} must be at least 0 and finite")
        if self.signal_error > 1.0:
            raise ValueRangeError(f"signal_error = {self.signal_error:g} is relative; give at most 1")
        if self.observed is not None and self.observed < 0:
            raise ValueRangeError(f"{self.observed} observed events; give 0 or more")

    @property
    def mixture(self) -> Mixture:
        """Probabilities of the number of events."""
        return Mixture.of(self.background, self.background_error, self.signal_error)

    @property
    def events_seen(self) -> int:
        """Events observed, or the median expected without signal."""
        return self.mixture.median() if self.observed is None else self.observed

    def confidence(self, signal: float) -> float:
        """Confidence with which ``signal`` expected events are excluded (``poisson`` and ``cls``).

        Raises
        ------
        ValueRangeError
            For ``feldman-cousins``, which has acceptance regions and no p-value of this kind.
        """
        if self.method == "feldman-cousins":
            raise ValueRangeError("feldman-cousins gives an interval, not a confidence; use poisson or cls")
        tail = float(self.mixture.cumulative(self.events_seen, signal))
        if self.method == "cls":
            tail /= float(self.mixture.cumulative(self.events_seen, 0.0))
        return 1.0 - tail

    def upper_limit(self) -> float:
        """Return the signal (events) that is excluded.

        Raises
        ------
        ValueRangeError
            Where the observation lies so far below the background that ``poisson`` excludes every signal.
        """
        if self.method == "feldman-cousins":
            return self.interval()[1]
        if self.confidence(0.0) > self.confidence_level:
            raise ValueRangeError(
                f"{self.events_seen} events with {self.background:g} expected exclude even no signal; use cls"
            )
        return _solve(self)

    def interval(self) -> tuple[float, float]:
        """Feldman-Cousins interval of the signal (events)."""
        top = most_events(self.events_seen, self.background + self.background_error, self.signal_error)
        return interval(self.mixture, self.events_seen, self.confidence_level, top)


def _solve(count: Counting) -> float:
    """Bisect in the signal; the confidence rises with it."""
    low, high = 0.0, 4.0 + count.events_seen - log(1.0 - count.confidence_level)
    high *= 1.0 + 2.0 * count.signal_error
    while count.confidence(high) < count.confidence_level:
        low, high = high, 2.0 * high
    while high - low > _TOLERANCE * sqrt(1.0 + high):
        middle = 0.5 * (low + high)
        above = count.confidence(middle) >= count.confidence_level
        low, high = (low, middle) if above else (middle, high)
    return float(np.mean([low, high]))
