"""A flow and its bootstrap replicas from data.

The replicas are trained on the data with every weight multiplied by a Poisson number of mean 1 (after a subtraction:
by a factor of larger variance, `DileptonSample.multiples`), and start from other
random states: their spread is the statistical error of the kinematics.  Flows that differ in the random state only
spread far too little (pulls up to 16 on the mock).  They share the mass context and the standardisation of the full
data, so each can be evaluated at every mass.

p(pT, y | m) does not change if the weights are multiplied by a function of m.  With sum w/sum v of the `NEAR` nearest
pairs each neighbourhood counts with its effective number of pairs, and a prescaled trigger (weights of 100 beside 1)
does not hide the rest of the spectrum.  Where the data are sparse the smoothing adds a bias that no replica shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.flow import require_torch
from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.flow_train import Epoch, TrainData, TrainSettings, settings_for, train
from darkbeam.dilepton.hats import MassContext, fit_context
from darkbeam.dilepton.model import PT_OFFSET
from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]

__all__ = ["MEMBERS", "fit_flow", "training_hash"]

NEAR = 200
"""Pairs over which the weights are levelled."""
MEMBERS = 5
"""Bootstrap replicas unless asked otherwise."""


def training_hash(sample: DileptonSample) -> str:
    """Hash of masses, momenta and weights: tells whether two samples are the same."""
    columns = (sample.mass, sample.pt, sample.y, sample.weight)
    return hashlib.sha256(b"".join(np.ascontiguousarray(c).tobytes() for c in columns)).hexdigest()[:16]


def _positive(sample: DileptonSample) -> DileptonSample:
    """Drop rows without weight; refuse negative weights and rows that are not numbers."""
    columns = np.stack([sample.mass, sample.pt, sample.y, sample.weight])
    broken = int(np.sum(~np.all(np.isfinite(columns), axis=0)))
    if broken:
        raise ValueRangeError(
            f"{broken} of {len(sample)} pairs are not finite; clean the data before the fit"
        )
    negative = int(np.sum(sample.weight < 0.0))
    if negative:
        raise ValueRangeError(
            f"{negative} of {len(sample)} weights are negative: a likelihood needs positive ones; subtract the "
            "background as a factor per cell instead"
        )
    return sample.select(sample.weight > 0.0)


def _levelled(sample: DileptonSample) -> DileptonSample:
    """Weights times the local sum w/sum v."""
    order = np.argsort(sample.mass, kind="stable")
    w = sample.weight[order]
    first = np.clip(np.arange(w.size) - NEAR // 2, 0, max(w.size - NEAR, 0))
    last = np.minimum(first + NEAR, w.size)
    one, two = (np.concatenate([[0.0], np.cumsum(x)]) for x in (w, sample.squares[order]))
    factor = np.empty(w.size)
    factor[order] = (one[last] - one[first]) / (two[last] - two[first])
    return sample.reweighted(sample.weight * factor)


def _standardise(sample: DileptonSample) -> tuple[NDArray[np.float32], Array, Array]:
    """Variables (n, 2) of zero mean and unit width, and the means and widths."""
    x = np.stack([np.log(sample.pt + PT_OFFSET), sample.y], axis=1)
    share = sample.weight[:, None] / np.sum(sample.weight)
    centre = np.sum(x * share, axis=0)
    scale = np.sqrt(np.sum((x - centre) ** 2 * share, axis=0))
    return ((x - centre) / scale).astype(np.float32), centre, scale


def _replica(data: TrainData, sample: DileptonSample, seed: int, member: int) -> TrainData:
    """Data of a member: 0 the data themselves, others with Poisson weights."""
    if member == 0:
        return data
    weight = data.weight * sample.multiples(stream(seed, "dilepton/flow/bootstrap", member))
    keep = weight > 0.0
    weight = weight[keep] / np.mean(weight[keep])
    return TrainData(data.mass[keep], data.x[keep], weight.astype(np.float32))


def _about(
    sample: DileptonSample, settings: TrainSettings, seed: int, members: int, notes: tuple[str, ...]
) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "settings": asdict(settings), "seed": seed, "members": members, "pairs": len(sample),
        "effective_pairs": sample.effective_size, "training_hash": training_hash(sample), "notes": list(notes),
        "versions": {k: version(k) for k in ("torch", "zuko", "numpy")},
    }  # fmt: skip


def _directory(checkpoint: Path | None) -> None:
    if checkpoint is not None:
        try:
            checkpoint.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the directory {checkpoint}: {error.strerror}") from error


def fit_flow(
    sample: DileptonSample,
    *,
    seed: int = 1,
    members: int = MEMBERS,
    settings: TrainSettings | None = None,
    progress: Callable[[Epoch], None] | None = None,
    checkpoint: Path | None = None,
) -> FlowModel:
    """Train a flow and its bootstrap replicas.

    Parameters
    ----------
    sample : DileptonSample
        With weights that are not negative.
    seed : int
    members : int
        Bootstrap replicas, each as long to train as the flow itself.
    settings : TrainSettings, optional
        Default by the effective number of pairs.
    progress : callable, optional
        Called with an `Epoch` after each epoch of each member.
    checkpoint : Path, optional
        Directory: an interrupted fit continues from what is there, with the same result.

    Returns
    -------
    FlowModel

    Raises
    ------
    MissingExtraError
        Without torch and zuko.
    ValueRangeError
        For negative weights, or too few pairs.
    """
    require_torch()
    positive = _positive(sample)
    data = _levelled(positive)
    how = settings or settings_for(data.effective_size)
    context, notes = fit_context(data.mass, data.weight, how.hats, data.effective_size)
    x, centre, scale = _standardise(data)
    full = TrainData(data.mass, x, (data.weight / np.mean(data.weight)).astype(np.float32))
    _directory(checkpoint)
    flows, histories = [], []
    for member in range(1 + members):
        file = None if checkpoint is None else checkpoint / f"member-{member}.pt"
        layers, history = train(
            _replica(full, data, seed, member), context, how, seed + 1000003 * member, member=(member, members + 1),
            progress=progress, checkpoint=file,
        )  # fmt: skip
        flows.append(FlowModel(context, layers, how.bins, centre, scale, sample.beam))
        histories.append(history)
    about = _about(positive, how, seed, members, notes) | {"history": histories}
    return _join(context, flows, about)


def _join(context: MassContext, flows: list[FlowModel], about: dict[str, Any]) -> FlowModel:
    first = flows[0]
    return FlowModel(
        context, first.layers, first.bins, first.centre, first.scale, first.beam, about, tuple(flows[1:])
    )
