r"""Distances between two weighted samples, and what a perfect model would score.

For a variable x (pT or y) with truth events t and model events g:

* KS: largest difference of the two cumulative distributions.
* KL(truth || model) = sum_k p_k ln(p_k/q_k) over K cells with equal shares of the truth, half an event added to each
  cell.
* AUC: area under the curve of a boosted-tree classifier of truth against model on (m, pT, y), half of the events to
  train, half to test; 0.5 if they cannot be told apart (arXiv:1610.06545).

Both KS and KL of two samples of one distribution are distribution free for sizes n_t and n_g.  Cells at quantiles of
the truth hold true probabilities that follow a Dirichlet law with parameters n_t/K, and counts of the model that are
multinomial: `kl_floor` averages over toys of that.  Roughly (K - 1)/2 (1/n_t + 1/n_g); KS: 0.869 sqrt(1/n_t + 1/n_g).
The AUC of a perfect model is 0.5 with the standard deviation sqrt((n_1 + n_2 + 1)/(12 n_1 n_2)) of the rank sum of
n_1 and n_2 tested events; `auc_floor` is 0.5 plus one of these.  Sizes are effective numbers, (sum w)^2 / sum w^2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.hats import weighted_quantile
from darkbeam.extras import require
from darkbeam.rng import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["CELLS", "auc", "auc_floor", "cells_for", "effective", "kl", "kl_floor", "ks", "ks_floor"]

CELLS = 40
"""Cells of the KL divergence where there are events enough."""
_TOYS = 400
_AUC_EVENTS = 150_000


def effective(weight: Array) -> float:
    """(sum w)^2 / sum w^2."""
    return float(np.sum(weight) ** 2 / np.sum(weight**2)) if weight.size else 0.0


def cells_for(events: float) -> int:
    """Cells for an effective number of truth events: 40, or fewer with at least 25 events in each; never below 4."""
    return int(np.clip(events // 25, 4, CELLS))


def ks(truth: Array, model: Array, truth_weight: Array | None = None) -> float:
    """Kolmogorov distance; the model is not weighted.

    Examples
    --------
    >>> ks(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    1.0
    """
    order = np.argsort(truth)
    w = np.ones(truth.size) if truth_weight is None else truth_weight
    total = np.concatenate([[0.0], np.cumsum(w[order])])
    both = np.concatenate([truth, model])
    first = total[np.searchsorted(truth[order], both, side="right")] / total[-1]
    second = np.searchsorted(np.sort(model), both, side="right") / model.size
    return float(np.max(np.abs(first - second)))


def _divergence(p: Array, q: Array) -> Array:
    """KL of counts (..., K), half an event added to each cell."""
    p, q = p + 0.5, q + 0.5
    p, q = p / np.sum(p, axis=-1, keepdims=True), q / np.sum(q, axis=-1, keepdims=True)
    return np.asarray(np.sum(p * np.log(p / q), axis=-1))


def kl(truth: Array, model: Array, truth_weight: Array | None = None, cells: int | None = None) -> float:
    """KL(truth || model) in cells with equal shares of the truth."""
    w = np.ones(truth.size) if truth_weight is None else truth_weight
    size = effective(w)
    k = cells or cells_for(size)
    edges = weighted_quantile(truth, w, np.linspace(0.0, 1.0, k + 1))[1:-1]
    p = np.bincount(np.searchsorted(edges, truth, side="right"), w, k) * (size / np.sum(w))
    q = np.bincount(np.searchsorted(edges, model, side="right"), minlength=k).astype(np.float64)
    return float(_divergence(p, q))


def kl_floor(truth: float, model: float, cells: int | None = None) -> float:
    """Mean KL of a perfect model, for effective numbers of truth and model events."""
    k = cells or cells_for(truth)
    rng = stream(0, "dilepton/metrics/floor", k)
    share = rng.dirichlet(np.full(k, max(truth / k, 1e-3)), _TOYS)
    counts = rng.multinomial(int(model), share).astype(np.float64)
    return float(np.mean(_divergence(np.full(k, truth / k), counts)))


def ks_floor(truth: float, model: float) -> float:
    """Mean KS of a perfect model: sqrt(pi/2) ln 2 sqrt(1/n_t + 1/n_g), Kolmogorov's law for large numbers."""
    return float(np.sqrt(np.pi / 2.0) * np.log(2.0) * np.sqrt(1.0 / truth + 1.0 / model))


def _halves(n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = rng.permutation(n)
    return order[: n // 2], order[n // 2 :]


def auc(
    truth: Array, model: Array, truth_weight: Array | None = None, *, seed: int = 0, limit: int = _AUC_EVENTS
) -> tuple[float, float]:
    """Test how well boosted trees tell truth from model.

    Parameters
    ----------
    truth, model : arrays, shape (n, 3)
        Columns m, pT, y.
    truth_weight : array, shape (n,), optional
    seed : int
    limit : int
        Events of each sort to train on, and again to test on.

    Returns
    -------
    float
        Area under the curve.
    float
        `auc_floor` of the events tested.

    Raises
    ------
    MissingExtraError
        Without scikit-learn.
    """
    ensemble = require("sklearn.ensemble", "the classifier test", "flow")
    scores = require("sklearn.metrics", "the classifier test", "flow")
    n = min(len(truth), len(model), 2 * limit)
    rng = stream(seed, "dilepton/metrics/auc")
    weight = np.ones(len(truth)) if truth_weight is None else truth_weight
    some = [rng.choice(len(x), n, replace=False) for x in (truth, model)]
    parts = [_halves(n, rng) for _ in range(2)]
    x = np.concatenate([truth[some[0]], model[some[1]]])
    label = np.repeat([0, 1], n)
    w = np.concatenate([weight[some[0]] / np.mean(weight[some[0]]), np.ones(n)])
    fit, test = (np.concatenate([parts[0][i], n + parts[1][i]]) for i in range(2))
    trees = ensemble.HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.1, max_leaf_nodes=31, early_stopping=False, random_state=seed
    )
    trees.fit(x[fit], label[fit], sample_weight=w[fit])
    score = trees.predict_proba(x[test])[:, 1]
    area = float(scores.roc_auc_score(label[test], score, sample_weight=w[test]))
    tested = w[test]
    return area, auc_floor(effective(tested[label[test] == 0]), effective(tested[label[test] == 1]))


def auc_floor(first: float, second: float) -> float:
    """Return 0.5 plus one standard deviation of the AUC of a perfect model, for the numbers of events tested.

    Examples
    --------
    >>> round(auc_floor(150_000, 150_000), 5)
    0.50105
    """
    return float(0.5 + np.sqrt((first + second + 1.0) / (12.0 * first * second)))
