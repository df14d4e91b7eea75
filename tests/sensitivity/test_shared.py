"""Experiments computed together give the bits of each computed alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.production import Source
from darkbeam.sensitivity.api import prepare, reach
from darkbeam.sensitivity.many import expand_names, reach_many
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.point import compute_point
from darkbeam.sensitivity.scan import scan, scan_all
from darkbeam.sensitivity.setup import Setup
from darkbeam.sensitivity.shared import Shared

QUICK = Options(
    sources=("meson:pi0", "bremsstrahlung"), masses=(0.05, 0.09, 2), refine=False, n_draws=2000, n_decays=512,
    n_rays=1000, precision=1.0,
)  # fmt: skip
MEMBERS = ("CHARM", "BEBC", "NuCal")  # two at one facility, one at another


def setups() -> list[Setup]:
    return [replace(prepare(n, QUICK)[1], min_mothers=0.0) for n in MEMBERS]


def test_together_is_the_same_as_alone_bit_by_bit() -> None:
    jobs = setups()
    together = scan_all(jobs, QUICK.masses, [()] * len(jobs), refine=False)
    for job, results in zip(jobs, together, strict=True):
        assert results == scan(job, QUICK.masses, refine=False)


def test_many_is_the_same_as_reach_and_fills_its_cache() -> None:
    several = reach_many(MEMBERS[:2], options=QUICK)
    for name, result in zip(MEMBERS, several, strict=False):
        alone = reach(name, options=QUICK, cache=False).to_dict()
        found, stored = result.to_dict(), reach(name, options=QUICK).to_dict()
        assert stored["seconds"] == found["seconds"]  # served, not computed again
        del alone["seconds"], found["seconds"]
        assert found == alone


def test_a_flux_is_made_once_for_a_facility(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darkbeam.sensitivity.plan.MAX_POINTS", 2**12)
    made: list[str] = []
    a, b = setups()[:2]

    class Counted:
        """Source that counts its fluxes."""

        def __init__(self, inner: Source) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> object:
            if name == "flux":
                made.append(self.inner.name)
            return getattr(self.inner, name)

    counted = tuple(Counted(s) for s in a.sources)
    a, b = (replace(s, sources=counted, n_rays=10**7) for s in (a, b))  # the most points for both
    compute_point(a, 0.05)
    alone = len(made)
    made.clear()
    shared = Shared()
    compute_point(a, 0.05, shared)
    compute_point(b, 0.05, shared)
    assert len(made) == alone


def test_a_full_store_forgets_and_stays_right() -> None:
    setup = setups()[0]
    small, large = Shared(limit=1), Shared()
    source = setup.sources[0]
    first = [s.flux(source, 0.05, 256, 1, 0).weight for s in (small, large)]
    small.flux(source, 0.05, 256, 1, 1)
    assert small.flux(source, 0.05, 256, 1, 0).weight is not first[0]
    assert large.flux(source, 0.05, 256, 1, 0).weight is first[1]
    np.testing.assert_array_equal(small.flux(source, 0.05, 256, 1, 0).weight, first[0])


def test_groups_are_spelled_out_once() -> None:
    names = expand_names(["CHARM", "all-past"])
    assert names.count("CHARM") == 1
    assert {"BEBC", "NuCal"} <= set(names)
    assert "SHiP" not in names
