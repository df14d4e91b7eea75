r"""Joint exclusion by several counting experiments.

The experiments i, with backgrounds b_i, observations n_i and signals s_i of one model, are ordered together by the
likelihood ratio of "signal + background" to "background", ln Q = const + sum_i n_i w_i, w_i = ln(1 + s_i/b_i), and the
model is excluded with confidence

    CL = 1 - P(q <= q_obs | s + b) / P(q <= q_obs | b),     q = sum_i n_i w_i                (CLs)

The distribution of q is the exact convolution of the Poisson distributions on a lattice of 2^12 steps.  Without
backgrounds and without events CL = 1 - exp(-sum s_i): the expected events add.  A background below 1e-3 counts as 1e-3.
An experiment that only states a number of excluded events N is taken as free of background, with N scaled to that
of its confidence level.  Errors of signal and background are left out here: with errors use a workspace
(`darkbeam.statistics.workspace`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, pdtr

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .counting import Counting

__all__ = ["joint_confidence"]

LATTICE = 2**12
LEAST_BACKGROUND = 1e-3
_TAIL = 1e-12


def joint_confidence(counts: Sequence[Counting], signals: Sequence[float]) -> float:
    """Confidence with which a model is excluded by all experiments together.

    Parameters
    ----------
    counts : sequence of Counting
    signals : sequence of float
        Expected signal of each, events.

    Raises
    ------
    ValueRangeError
        For lists of different length or a negative signal.

    Examples
    --------
    >>> from darkbeam.statistics import Counting
    >>> print(f"{joint_confidence([Counting(), Counting()], [1.0, 1.302585]):.4f}")
    0.9000
    """
    if len(counts) != len(signals) or not all(s >= 0.0 for s in signals):
        raise ValueRangeError("joint_confidence takes one non-negative signal for each experiment")
    chosen = [(c, float(s)) for c, s in zip(counts, signals, strict=True) if s > 0.0]
    if not chosen:
        return 0.0
    b = np.array([max(c.background, LEAST_BACKGROUND) for c, _ in chosen])
    s = np.array([signal for _, signal in chosen])
    seen = np.array([c.events_seen for c, _ in chosen])
    weight = np.log1p(s / b)
    step = max(float(np.sum(seen * weight)), float(weight.max())) / LATTICE
    steps = np.maximum(np.rint(weight / step).astype(np.int64), 1)
    last = int(np.sum(seen * steps))
    both, alone = (_at_most(last, steps, mean) for mean in (s + b, b))
    return 1.0 - both / alone


def _at_most(last: int, steps: NDArray[np.int64], means: NDArray[np.float64]) -> float:
    """P(sum of n_i steps_i <= last)."""
    total = np.zeros(last + 1)
    total[0] = 1.0
    for step, mean in zip(steps.tolist(), means.tolist(), strict=True):
        new = np.zeros_like(total)
        for n in range(last // step + 1):
            new[n * step :] += (
                np.exp(n * np.log(mean) - mean - gammaln(n + 1.0)) * total[: last + 1 - n * step]
            )
            if n > mean and pdtr(n, mean) > 1.0 - _TAIL:
                break
        total = new
    return float(total.sum())
