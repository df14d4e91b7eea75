"""The report of a run: one well-formed file without outside parts that says everything."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from darkbeam.cache import card_hash
from darkbeam.errors import OutputError
from darkbeam.plotting import report_figures
from darkbeam.report.reach_report import report_html, write_report
from darkbeam.sensitivity.result import Reach


class _Reader(HTMLParser):
    VOID = frozenset({"meta", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.headings: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.loaded += [v or "" for n, v in attrs if n == "src" or (tag == "link" and n == "href")]
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h1", "h2", "h3"}:
            self.headings.append(data)
        if self.open and self.open[-1] in {"td", "th"}:
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def page(small_reach: Reach) -> tuple[_Reader, str]:
    html = report_html(small_reach)
    reader = _Reader()
    reader.feed(html)
    return reader, html


def test_opens_offline_and_is_well_formed(page: tuple[_Reader, str]) -> None:
    reader, html = page
    assert reader.open == []
    assert len(reader.loaded) == 5
    for source in reader.loaded:
        assert base64.b64decode(source.removeprefix("data:image/png;base64,"), validate=True).startswith(
            b"\x89PNG"
        )
    assert "<script" not in html
    assert "@media print" in html
    assert 'name="viewport"' in html


def test_says_everything(page: tuple[_Reader, str], small_reach: Reach) -> None:
    reader, html = page
    assert {
        "Edges",
        "Variations",
        "Sources",
        "Expected events",
        "Cut flow",
        "Repeat this",
        "Papers",
        "Card",
    } <= set(reader.headings)
    assert "darkbeam reach NuCal --sources meson:pi0,bremsstrahlung --masses 0.03:0.12:3 --no-refine" in html
    assert card_hash(small_reach.card) in html
    assert "@article" in html
    assert "arxiv.org/abs/2409.11096" in html
    steps = {row[0]: row[1:] for row in reader.rows if row}
    produced, left = ([float(x) for x in steps[name]] for name in ("produced", "efficiency"))
    assert all(a > b > 0.0 for a, b in zip(produced, left, strict=True))
    # the first column of each pair is the lower edge, where N is the threshold
    assert left[0] == pytest.approx(small_reach.threshold, rel=0.1)
    assert left[1] > left[0]
    assert steps["upper"][0] == "bremsstrahlung band"
    assert re.fullmatch(r"[+-]\d+\.\d", steps["upper"][-1])


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are looked at above; drawing them takes most of the time."""
    monkeypatch.setattr(report_figures, "figure_png", lambda _: b"\x89PNG")


@pytest.mark.usefixtures("_no_pictures")
def test_written_whole_and_never_over_another_card(small_reach: Reach, tmp_path: Path) -> None:
    bare = replace(small_reach, card={k: v for k, v in small_reach.card.items() if k != "options"})
    path = write_report(bare, tmp_path / "out")
    assert path.name == "report.html"
    text = path.read_text(encoding="utf-8")
    assert "were not computed: the card is not of a single calculation" in text
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    (path.parent / "contour.json").write_text('{"card_hash": "another"}', encoding="utf-8")
    with pytest.raises(OutputError, match="--force"):
        write_report(bare, path.parent)
    write_report(bare, path.parent, force=True)


@pytest.mark.usefixtures("_no_pictures")
def test_empty_result_is_said(small_reach: Reach) -> None:
    nothing = small_reach.epsilon_lower * float("nan")
    empty = replace(
        small_reach, epsilon_lower=nothing, epsilon_upper=nothing, islands=[], band={}, max_mass_GeV=None
    )
    html = report_html(empty)
    assert "No coupling gives enough events" in html
    assert "Cut flow" not in html
