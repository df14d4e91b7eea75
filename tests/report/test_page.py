"""The HTML page: well formed, escaped, self-contained."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

from darkbeam.report import Page


class _Reader(HTMLParser):
    VOID = frozenset({"meta", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_page_is_well_formed_and_self_contained() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    page = (
        Page("a < b").heading("x & y").text("p > q").code("m = 1\n").figure(png, 'the "tip"')
        .table(["m", "eps"], [["0.1", "<1"]], [["good", ""]]).facts([("tip", "> 2")])
    )  # fmt: skip
    reader = _Reader()
    reader.feed(page.html())
    assert reader.open == []
    assert reader.cells == ["0.1", "<1", "tip", "> 2"]
    assert len(reader.sources) == 1
    assert base64.b64decode(reader.sources[0].removeprefix("data:image/png;base64,")) == png
    assert 'class="good"' in page.html()
