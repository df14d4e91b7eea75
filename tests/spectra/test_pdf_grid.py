"""The reader of parton grids: synthetic grids, sum rules, and Pythia's own reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.spectra.drell_yan_make import wheel_grid
from darkbeam.spectra.pdf_grid import PdfGrid, read_pdf_grid

NNLO = "NNPDF31_nnlo_as_0118_luxqed_0000.dat"


def polynomial(parton: int, x: np.ndarray, Q: float) -> np.ndarray:
    """Cubic in ln x and in ln Q^2, so that a cubic spline is exact."""
    u, v = np.log(x), 2.0 * np.log(Q)
    return parton * (1.0 + 0.1 * u - 0.02 * u**3) * (2.0 + 0.3 * v - 0.05 * v**2 + 0.01 * v**3)


def write_grid(path: Path, glue: bool = False) -> Path:
    x = np.geomspace(1e-4, 1.0, 12)
    text = "PdfType: central\nFormat: lhagrid1\n---\n"
    for q in (np.geomspace(1.5, 4.9, 5), np.geomspace(4.9, 100.0, 7)):
        text += " ".join(f"{v:.12e}" for v in x) + "\n" + " ".join(f"{v:.12e}" for v in q) + "\n1 2 21\n"
        for xi in x:
            for qi in q:
                row = [f"{polynomial(i, xi, qi):.14e}" for i in (1, 2, 21)]
                text += ("" if glue else " ").join(row) + "\n"
        text += "---\n"
    path.write_text(text, encoding="ascii")
    return path


@pytest.mark.parametrize("glue", [False, True])
@pytest.mark.parametrize("Q", [1.5, 3.0, 4.9, 30.0])
def test_cubic_is_reproduced(tmp_path: Path, Q: float, glue: bool) -> None:
    grid = read_pdf_grid(write_grid(tmp_path / "toy_0000.dat", glue))
    x = np.geomspace(2e-4, 0.9, 37)
    for parton in (1, 2, 21):
        np.testing.assert_allclose(grid.xf(parton, x, Q), polynomial(parton, x, Q), rtol=1e-9)


def test_edges(tmp_path: Path) -> None:
    grid = read_pdf_grid(write_grid(tmp_path / "toy_0000.dat"))
    x = np.array([0.01, 0.3])
    np.testing.assert_array_equal(grid.xf(2, x, 0.3), grid.xf(2, x, 1.5))
    np.testing.assert_array_equal(grid.xf(2, x, 1e5), grid.xf(2, x, 100.0))
    assert grid.scale(0.3) == pytest.approx(1.5)
    assert grid.xf(2, 1e-7, 3.0) == pytest.approx(float(grid.xf(2, 1e-4, 3.0)))
    assert grid.xf(2, 1.0, 3.0) == 0.0
    assert np.all(grid.xf(5, x, 3.0) == 0.0)


def test_not_a_grid(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_text("nothing\n", encoding="ascii")
    with pytest.raises(ValueRangeError, match=r"x\.dat is not a parton grid"):
        read_pdf_grid(path)
    path.write_text("head\n---\n1e-1 1.0\n1.0 2.0\n1 2\n0.5 0.5\n0.5 0.5\n---\n", encoding="ascii")
    with pytest.raises(ValueRangeError, match="do not fill"):
        read_pdf_grid(path)


@pytest.fixture(scope="module")
def nnlo() -> PdfGrid:
    pytest.importorskip("pythia8mc")
    return read_pdf_grid(wheel_grid(NNLO))


@pytest.mark.pythia
@pytest.mark.parametrize("Q", [2.0, 91.2])
def test_sum_rules(nnlo: PdfGrid, Q: float) -> None:
    ln_x = np.linspace(np.log(1e-9), 0.0, 20001)
    x = np.exp(ln_x)
    momentum = sum(nnlo.xf(i, x, Q) for i in (*range(-5, 0), *range(1, 6), 21, 22))
    assert np.trapezoid(momentum * x, ln_x) == pytest.approx(1.0, abs=2e-3)
    for quark, valence in ((2, 2.0), (1, 1.0), (3, 0.0)):
        assert np.trapezoid(nnlo.xf(quark, x, Q) - nnlo.xf(-quark, x, Q), ln_x) == pytest.approx(
            valence, abs=5e-3
        )


@pytest.mark.pythia
def test_agrees_with_the_reader_of_pythia(nnlo: PdfGrid) -> None:
    pythia = pytest.importorskip("pythia8mc").Pythia("", False)
    settings = ("Print:quiet = on", f"PDF:pSet = LHAGrid1:{NNLO}", "Beams:eCM = 100.", "SoftQCD:elastic = on")
    assert all(pythia.readString(s) for s in settings)
    assert pythia.init()
    reader = pythia.getPDFPtr(2212)
    for x in (1e-3, 0.02, 0.3):
        for Q in (2.0, 10.0, 80.0):
            # two interpolations of the same knots
            for parton in (1, -1, 2, -2, 21):
                assert float(nnlo.xf(parton, x, Q)) == pytest.approx(reader.xf(parton, x, Q * Q), rel=3e-3)
