"""Cases of fixed-target curves: they can be run, and agree with the published edges where they say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from darkbeam.detection import RecoilDetector, ScintillatorBars
from darkbeam.validation.mcp_cases_fixed_target import FIXED_TARGET_CASES
from darkbeam.validation.millicharged import compare_millicharged, experiment_of

if TYPE_CHECKING:
    from pathlib import Path

CASES = {c.experiment: c for c in FIXED_TARGET_CASES}


def test_every_convention_gives_an_experiment() -> None:
    for case in FIXED_TARGET_CASES:
        assert list(case.masses) == sorted(case.masses)
        names = [c.name for c in case.conventions]
        assert names[0] == "card"
        assert len(set(names)) == len(names)
        for convention in case.conventions:
            assert experiment_of(case.experiment, convention).name == case.experiment


def test_conventions_change_what_they_say() -> None:
    dune = experiment_of("DUNE_ND", CASES["DUNE_ND"].conventions[-1])
    assert isinstance(dune.detector, RecoilDetector)
    assert (dune.pot, dune.face, dune.n_events, dune.shielding) == (3e22, (3.0, 4.0), 2.1e4, ())
    bars = experiment_of("SUBMET", CASES["SUBMET"].conventions[-1])
    assert isinstance(bars.detector, ScintillatorBars)
    assert (bars.detector.layers, bars.length, bars.pot) == (4, 0.8, 1e22)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("experiment", "masses"),
    [
        ("FerMINI", (0.02, 0.2, 0.8, 1.5)),
        ("ArgoNeuT", (0.02, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)),
        ("SUBMET", (0.05, 0.2, 0.5)),
        ("BEBC", (0.02, 0.3, 1.0)),
    ],
)
def test_last_convention_against_the_curve(shared: Path, experiment: str, masses: tuple[float, ...]) -> None:
    case = CASES[experiment]
    last = case.conventions[-1]
    last = replace(last, options={**last.options, "photons": 20_000})
    found = compare_millicharged(
        replace(case, masses=masses, conventions=(last,)), shared / "reference" / "contours"
    )
    assert found.runs[0].worst < 1.35
