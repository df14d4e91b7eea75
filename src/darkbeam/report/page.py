"""A self-contained HTML page: text, tables and figures in one file that opens offline."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Page"]

_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #ccc; }
h3 { font-size: 1rem; margin-top: 1.4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .8rem 0; display: block;
        overflow-x: auto; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #e2e2e2; }
th { border-bottom: 2px solid #888; } th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } img, svg { max-width: 100%; height: auto; } figcaption { color: #555; font-size: .9rem; }
pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: .8rem; }
table.facts td { text-align: left; vertical-align: top; } table.facts td:first-child { color: #555; }
a { color: inherit; overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { margin: .5rem auto; padding: 0 .6rem; } th, td { padding: .2rem .4rem; } }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; }
  table { display: table; font-size: 8pt; } th, td { padding: .1rem .35rem; } thead { display: table-header-group; }
  tr, figure { break-inside: avoid; } h1, h2, h3 { break-after: avoid; } img { max-height: 8.5cm; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7pt; }
}
.good { background: #e3f3e3; } .bad { background: #fbe3e0; }
"""


class Page:
    """HTML document that is built from the top down.

    Examples
    --------
    >>> page = Page("Reach").text("Two masses.").table(["m", "eps"], [["0.1", "1e-7"]])
    >>> "<td>1e-7</td>" in page.html()
    True
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.parts: list[str] = [f"<h1>{escape(title)}</h1>"]

    def heading(self, text: str, level: int = 2) -> Page:
        """Add a heading."""
        self.parts.append(f"<h{level}>{escape(text)}</h{level}>")
        return self

    def text(self, text: str) -> Page:
        """Add a paragraph."""
        self.parts.append(f"<p>{escape(text)}</p>")
        return self

    def code(self, text: str) -> Page:
        """Add preformatted text."""
        self.parts.append(f"<pre>{escape(text)}</pre>")
        return self

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        classes: Iterable[Sequence[str]] | None = None,
    ) -> Page:
        """Add a table; ``classes`` names the CSS class of each cell (``good``, ``bad`` or empty)."""
        head = "".join(f"<th>{escape(c)}</th>" for c in columns)
        lines = list(rows)
        marks = list(classes) if classes is not None else [[""] * len(row) for row in lines]
        body = "".join(
            "<tr>" + "".join(_cell(c, m) for c, m in zip(row, mark, strict=True)) + "</tr>"
            for row, mark in zip(lines, marks, strict=True)
        )
        self.parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        return self

    def facts(self, rows: Iterable[tuple[str, str]]) -> Page:
        """Add names and what belongs to them, as a table of two columns without a head."""
        body = "".join(f"<tr>{_cell(name, '')}{_cell(value, '')}</tr>" for name, value in rows)
        self.parts.append(f'<table class="facts"><tbody>{body}</tbody></table>')
        return self

    def figure(self, png: bytes, caption: str) -> Page:
        """Add a PNG picture; the caption is its description, too."""
        data = base64.b64encode(png).decode("ascii")
        self.parts.append(
            f'<figure><img alt="{escape(caption, quote=True)}" src="data:image/png;base64,{data}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
        return self

    def raw(self, html: str) -> Page:
        """Add HTML made elsewhere, e.g. an interactive figure."""
        self.parts.append(html)
        return self

    def html(self) -> str:
        """Return the document."""
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
            + "\n".join(self.parts)
            + "\n</body></html>\n"
        )


def _cell(text: str, mark: str) -> str:
    attribute = f' class="{escape(mark, quote=True)}"' if mark else ""
    return f"<td{attribute}>{escape(text)}</td>"
