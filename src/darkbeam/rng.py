"""Random streams that do not depend on the number of workers.

A stream is keyed by (seed, name, chunk): the Philox counter generator gives independent sequences
for different keys, so any worker can make any chunk in any order.  Curves over the mass use the same
key at every mass (common random numbers) and are therefore smooth.
"""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["stream"]


def stream(seed: int, name: str, chunk: int = 0) -> np.random.Generator:
    """Return the generator of one task.

    Parameters
    ----------
    seed : int
        User seed, non-negative.
    name : str
        What the numbers are for, e.g. ``"flux/meson:pi0"``.
    chunk : int
        Chunk number within the task.

    Examples
    --------
    >>> stream(1, "a").random() == stream(1, "a").random()
    True
    >>> stream(1, "a").random() == stream(1, "b").random()
    False
    """
    entropy = [seed, zlib.crc32(name.encode()), chunk]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))
