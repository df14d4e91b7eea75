"""Mixing without initial-state radiation, per collision of any kind, against the published N_rho(m) at Fermilab."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from darkbeam.facilities import get_facility
from darkbeam.production.cross_sections import sigma_total
from darkbeam.spectra.mixing_generator import NODES, generate_mixing_block, light_factor

if TYPE_CHECKING:
    from pathlib import Path

N_EVENTS = 3000


@pytest.mark.slow
@pytest.mark.pythia
@pytest.mark.reference
def test_without_isr_the_rho_yield_is_that_of_the_published_table(shared: Path) -> None:
    site = get_facility("Fermilab")
    block = generate_mixing_block(site, N_EVENTS, 4_001, isr=False)
    elastic = site.sigma_inel_mb / float(sigma_total(site.s))
    counts = np.array([rows.shape[1] for rows in block.light])
    ours = elastic * light_factor(site) * counts / np.array(block.n_passes)
    table = [
        line
        for line in (shared / "reference/production/fragmentation_yields.csv").read_text().splitlines()
        if not line.startswith("#")
    ]
    rows = sorted((float(r["m_GeV"]), float(r["FermilabBD_light_a"])) for r in csv.DictReader(table))
    mass, published = np.array(rows).T
    nodes = np.array(NODES)
    inside = nodes <= 1.5
    ratio = ours[inside] / np.interp(nodes[inside], mass, published)
    error = ratio / np.sqrt(counts[inside])
    for m, r, e in zip(nodes[inside], ratio, error, strict=True):
        print(f"{m:5.3f} GeV: {r:.3f} +- {e:.3f}")
    assert np.all(np.abs(ratio - 1.0) < 0.10 + 1.5 * error)
    assert abs(np.average(ratio) - 1.0) < 0.08
