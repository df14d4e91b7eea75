r"""Training of one flow by weighted likelihood.

    loss = - sum_i w_i ln p(x_i | m_i) / sum_i w_i

with AdamW, a one-cycle learning rate (arXiv:1708.07120) and clipped gradients.  A twentieth of the pairs is held
out; the state with the lowest loss on them is kept, and training stops when it has not fallen for
`TrainSettings.patience` epochs. The same data, settings and seed give the same numbers: every epoch has a stream of
its own, so a run that is interrupted and continued from its checkpoint ends where the uninterrupted one does.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.flow import build, export, require_torch
from darkbeam.dilepton.flow_density import log_density
from darkbeam.output import atomic_path
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.dilepton.hats import MassContext

    Array = NDArray[np.float64]
    Array32 = NDArray[np.float32]

__all__ = ["Epoch", "TrainData", "TrainSettings", "settings_for", "train"]


@dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Attributes
    ----------
    epochs, batch : int
    hats : int
        Hat functions in the rank and in ln m, each.
    bins, hidden : int
        Of the splines; units of each of two layers.
    rate, clip : float
        Largest learning rate; largest norm of the gradient.
    validation : float
        Share of the pairs held out.
    patience : int
        Epochs without improvement after which training stops.
    """

    epochs: int = 10
    batch: int = 2048
    hats: int = 16
    bins: int = 8
    hidden: int = 32
    rate: float = 5e-3
    clip: float = 5.0
    validation: float = 0.05
    patience: int = 5


def settings_for(effective: float) -> TrainSettings:
    """Return settings for an effective number of pairs; those measured best on the mock."""
    if effective > 5e5:
        return TrainSettings(batch=8192, bins=10, hats=24, hidden=64, rate=3e-3)
    # some 30 steps an epoch or more for any size
    batch = int(np.clip(2 ** np.floor(np.log2(max(effective, 1.0) / 32.0)), 64, 2048))
    return TrainSettings(batch=batch, hats=16 if effective > 5e4 else 12)


@dataclass(frozen=True)
class Epoch:
    """What the progress callback is told after each epoch: losses are per pair, in standardised variables."""

    member: int
    members: int
    epoch: int
    epochs: int
    loss: float
    validation: float


@dataclass(frozen=True)
class TrainData:
    """Pairs to train on: masses (n,) in GeV, standardised variables (n, 2), positive weights (n,) of mean 1."""

    mass: Array
    x: Array32
    weight: Array32

    def digest(self) -> str:
        """Hash of the contents."""
        parts = (self.mass, self.x, self.weight)
        return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in parts)).hexdigest()


@contextmanager
def _torch_alone(seed: int) -> Iterator[Any]:
    """One thread and a private random state; the caller's are restored."""
    torch = require_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield torch
    finally:
        torch.set_num_threads(threads)


class _Run:
    """Flow, optimiser and progress of one training: what a checkpoint holds."""

    def __init__(self, torch: Any, settings: TrainSettings, context: MassContext, steps: int) -> None:
        self.torch = torch
        self.flow = build(context.size, settings.bins, settings.hidden)
        self.optimiser = torch.optim.AdamW(self.flow.parameters(), lr=settings.rate, weight_decay=0.0)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, max_lr=settings.rate, total_steps=steps + 1, pct_start=0.1
        )
        self.epoch, self.since, self.best = 0, 0, float("inf")
        self.kept = self._copy()
        self.history: list[tuple[float, float]] = []

    def _copy(self) -> dict[str, Any]:
        return {k: t.clone() for k, t in self.flow.state_dict().items()}

    def note(self, loss: float, validation: float) -> None:
        """Record an epoch and keep the state if it is the best."""
        self.epoch += 1
        self.since += 1
        self.history.append((loss, validation))
        if validation < self.best:
            self.best, self.since, self.kept = validation, 0, self._copy()

    def save(self, path: Path, key: str) -> None:
        state = {
            "key": key, "flow": self.flow.state_dict(), "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(), "kept": self.kept,
            "numbers": [self.epoch, self.since, self.best], "history": self.history,
        }  # fmt: skip
        with atomic_path(path) as part:
            self.torch.save(state, part)

    def load(self, path: Path, key: str) -> None:
        """Continue from a checkpoint of the same data, settings and seed; any other is left alone."""
        if not path.is_file():
            return
        state = self.torch.load(path, weights_only=True)
        if state["key"] != key:
            return
        self.flow.load_state_dict(state["flow"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.kept, self.history = state["kept"], [tuple(h) for h in state["history"]]
        self.epoch, self.since, self.best = state["numbers"]

    def step(self, columns: Array32, x: Array32, weight: Array32, clip: float) -> float:
        """One step down the gradient; the loss before it."""
        loss = self.loss(columns, x, weight)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.flow.parameters(), clip)
        self.optimiser.step()
        self.schedule.step()
        return float(loss.detach())

    def loss(self, columns: Array32, x: Array32, weight: Array32) -> Any:
        """Weighted mean of -ln p over a batch."""
        tensor = self.torch.from_numpy
        density = log_density(self.flow, tensor(columns), tensor(np.ascontiguousarray(x.T)))
        return -(density * tensor(weight)).mean()


def _validation(run: _Run, context: MassContext, data: TrainData) -> float:
    """Weighted mean loss on held-out pairs."""
    total = 0.0
    with run.torch.no_grad():
        for i in range(0, data.mass.size, 8192):
            part = slice(i, i + 8192)
            total += float(run.loss(context.columns(data.mass[part]), data.x[part], data.weight[part])) * len(
                data.mass[part]
            )
    return total / float(np.sum(data.weight))


def _divide(data: TrainData, share: float, seed: int) -> tuple[TrainData, TrainData]:
    """Pairs to train on and pairs held out."""
    order = stream(seed, "dilepton/flow/validation").permutation(data.mass.size)
    held = int(share * data.mass.size)
    parts = (np.sort(order[held:]), np.sort(order[:held]))
    first, second = (TrainData(data.mass[i], data.x[i], data.weight[i]) for i in parts)
    return first, second


def train(
    data: TrainData,
    context: MassContext,
    settings: TrainSettings,
    seed: int,
    *,
    member: tuple[int, int] = (0, 1),
    progress: Callable[[Epoch], None] | None = None,
    checkpoint: Path | None = None,
) -> tuple[tuple[Array32, ...], list[tuple[float, float]]]:
    """Train one flow.

    Parameters
    ----------
    data : TrainData
    context : MassContext
    settings : TrainSettings
    seed : int
    member : tuple of int
        Which member of how many this is, for the progress callback.
    progress : callable, optional
        Called with an `Epoch` after each.
    checkpoint : Path, optional
        File to continue from and to write after each epoch.

    Returns
    -------
    tuple of arrays
        Layers of the best state.
    list of tuple
        Loss and validation loss of each epoch.
    """
    fit, held = _divide(data, settings.validation, seed)
    batches = max(fit.mass.size // settings.batch, 1)
    values, left = context.places(fit.mass)
    with _torch_alone(seed) as torch:
        run = _Run(torch, settings, context, settings.epochs * batches)
        key = json.dumps([data.digest(), asdict(settings), seed, str(torch.__version__)])
        if checkpoint is not None:
            run.load(checkpoint, key)
        while run.epoch < settings.epochs and run.since < settings.patience:
            order = stream(seed, "dilepton/flow/epoch", run.epoch).permutation(fit.mass.size)
            losses = []
            for i in range(batches):
                j = order[i * settings.batch : (i + 1) * settings.batch]
                columns = context.fill(values[:, j], left[:, j])
                losses.append(run.step(columns, fit.x[j], fit.weight[j], settings.clip))
            run.note(float(np.mean(losses)), _validation(run, context, held))
            if checkpoint is not None:
                run.save(checkpoint, key)
            if progress is not None:
                progress(Epoch(*member, run.epoch, settings.epochs, *run.history[-1]))
        run.flow.load_state_dict(run.kept)
        return export(run.flow), run.history
