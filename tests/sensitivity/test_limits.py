"""Reading limits of other people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import OutputError
from darkbeam.sensitivity.limits import read_limit


def _file(folder: Path, text: str) -> Path:
    path = folder / "limit.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_polyline_in_parts_with_comments(tmp_path: Path) -> None:
    limit = read_limit(
        _file(tmp_path, "# a comment\nm, epsilon\n0.1, 1e-7 # here\n0.2, 2e-7\n\n0.5; 1e-6\n0.4; 3e-6\n")
    )
    assert limit.name == "limit"
    assert not limit.has_edges
    assert [p.shape for p in limit.parts] == [(2, 2), (2, 2)]
    np.testing.assert_array_equal(limit.masses, [0.1, 0.2, 0.4, 0.5])
    np.testing.assert_array_equal(limit.outlines()[1][0], [0.5, 0.4])


def test_edges_go_around(tmp_path: Path) -> None:
    limit = read_limit(_file(tmp_path, "0.1 1e-7 1e-5\n0.2 2e-7 1e-6\n"))
    ((x, y),) = limit.outlines()
    assert x.tolist() == [0.1, 0.2, 0.2, 0.1]
    assert y.tolist() == [1e-7, 2e-7, 1e-6, 1e-5]


def test_named_columns_in_any_order_and_empty_cells(tmp_path: Path) -> None:
    limit = read_limit(
        _file(
            tmp_path, "epsilon_upper,peak,mass_GeV,epsilon_lower\n1e-5,7,0.1,1e-7\n,7,0.2,\n1e-6,7,0.3,3e-7\n"
        )
    )
    assert [p.tolist() for p in limit.parts] == [[[0.1, 1e-7, 1e-5]], [[0.3, 3e-7, 1e-6]]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no point"),
        ("a,b\n1,2\n", "columns a, b"),
        ("1,2,3,4\n", "4 columns without names"),
        ("m,epsilon\n0.1,-1e-7\n", "line 2: '-1e-7' is not a positive"),
        ("m,epsilon\n0.1\n", "line 2: 1 columns, 2 expected"),
        ("m,epsilon\n0.1,x\n", "line 2: 'x'"),
        ("0.1,2e-7,1e-7\n", "line 1: the lower edge 2e-07 is above"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OutputError, match=message):
        read_limit(_file(tmp_path, text))


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot read"):
        read_limit(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(OutputError, match="not a text file"):
        read_limit(tmp_path / "b.csv")


@pytest.mark.reference
def test_every_published_contour_can_be_read(shared: Path) -> None:
    files = sorted((shared / "reference" / "contours").rglob("*.csv"))
    assert len(files) > 50
    for file in files:
        assert len(read_limit(file).masses) > 1
