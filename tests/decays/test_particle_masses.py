"""Masses that go with momenta."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.decays.particle_masses import masses_of
from darkbeam.decays.particles import MASS


def test_masses() -> None:
    """Of the table for stable and narrow particles of any momentum, of the momentum for wide and unknown ones."""
    pdg = np.array([[11, -11, 22], [113, 9999999, -321]])
    mass = np.array([[MASS[11], MASS[11], 0.0], [0.6, 2.5, MASS[321]]])
    p = np.array([[300.0, 2.0, 50.0], [1.0, 3.0, 20.0]])
    p4 = np.stack([np.hypot(p, mass), 0 * p, 0 * p, p])
    assert masses_of(pdg, p4) == pytest.approx(mass, rel=1e-9)
    fast = p4[:, 0, :1]
    assert np.sqrt(fast[0] ** 2 - fast[3] ** 2)[0] != pytest.approx(
        MASS[11], rel=1e-9
    )  # why the table is needed
