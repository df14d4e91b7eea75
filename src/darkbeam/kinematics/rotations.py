"""Random rotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["random_rotations"]


def random_rotations(n: int, rng: np.random.Generator) -> Floats:
    """Draw uniform rotation matrices, shape (3, 3, n), from unit quaternions (Shoemake 1992).

    The first ones are the same when ``n`` changes.
    """
    u = rng.random((n, 3)).T
    r, s = np.sqrt(1.0 - u[0]), np.sqrt(u[0])
    a, b = 2.0 * np.pi * u[1], 2.0 * np.pi * u[2]
    x, y, z, w = r * np.sin(a), r * np.cos(a), s * np.sin(b), s * np.cos(b)
    return 2.0 * np.array([
        [0.5 - y * y - z * z, x * y - z * w, x * z + y * w],
        [x * y + z * w, 0.5 - x * x - z * z, y * z - x * w],
        [x * z - y * w, y * z + x * w, 0.5 - x * x - y * y],
    ])  # fmt: skip
