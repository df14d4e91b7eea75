"""One way in which a particle decays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .secondary_kernels import Flat

if TYPE_CHECKING:
    from .secondary_kernels import Kernel

__all__ = ["Mode"]


@dataclass(frozen=True)
class Mode:
    """Branching ratio, products of the particle (the antiparticle has theirs), and how the momenta are drawn."""

    branching: float
    ids: tuple[int, ...]
    kernel: Kernel = field(default_factory=Flat)
