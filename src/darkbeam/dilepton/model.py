"""What a back end for the kinematics p(pT, y | m) of the virtual photon is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["PT_OFFSET", "KinematicModel", "pack", "save_arrays", "unpack"]

PT_OFFSET = 0.02
"""Back ends describe log(pT + 20 MeV), which is smooth at pT = 0, GeV."""


@runtime_checkable
class KinematicModel(Protocol):
    """Sampler of transverse momentum (GeV) and lab rapidity at given masses of the pair."""

    @property
    def name(self) -> str:
        """Back end: bootstrap, histogram, flow or table."""
        ...

    @property
    def support(self) -> tuple[float, float]:
        """Masses between which the back end has data, GeV."""
        ...

    @property
    def members(self) -> tuple[KinematicModel, ...]:
        """Back ends of the bootstrap replicas of the data; empty if there are none."""
        ...

    def sample(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return pT (GeV) and y in the lab, each of the shape (n,) of ``mass`` (GeV)."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything needed to rebuild the back end and its members, for an ``.npz`` without pickle."""
        ...

    def save(self, path: Path) -> None:
        """Write the arrays to one ``.npz``."""
        ...


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an ``.npz`` whole or not at all; object arrays are refused by numpy."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def pack(settings: Mapping[str, Any]) -> NDArray[Any]:
    """Settings as a JSON string in an array."""
    return np.array(json.dumps(dict(settings), sort_keys=True))


def unpack(array: NDArray[Any]) -> dict[str, Any]:
    """Settings written by `pack`."""
    return dict(json.loads(str(array)))
