"""Write the table of shipped experiments and the list of unchecked numbers into docs/experiments.md.

python scripts/make_experiment_table.py
"""

from __future__ import annotations

from pathlib import Path

from darkbeam.card_tables import Table
from darkbeam.experiments.build_volume import decay_volume
from darkbeam.experiments.card_status import standing_of
from darkbeam.experiments.card_text import head_comment
from darkbeam.experiments.card_view import card_texts, exposure_text
from darkbeam.experiments.cards import list_cards, load_card
from darkbeam.experiments.geometry import geometry_summary

PAGE = Path(__file__).resolve().parents[1] / "docs" / "experiments.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def rows() -> list[str]:
    """Lines of the table, one experiment each."""
    head = [
        "experiment",
        "status",
        "beam",
        "exposure",
        "solid angle [sr]",
        "volume [m³]",
        "papers",
        "sources of the card",
    ]
    lines = [_row(head), _row(["---"] * len(head))]
    for name in list_cards():
        card = load_card(name)
        summary = geometry_summary(decay_volume(Table(name, "", card)))
        computable = standing_of(card, name).computable
        lines.append(_row([
            f"`{name}`", card["status"] + ("" if computable else ", not computable"), card["facility"],
            exposure_text(card), f"{summary.solid_angle:.2g}", f"{summary.volume:.3g}",
            ", ".join(card["citations"]), head_comment(card_texts(name)[-1][1]),
        ]))  # fmt: skip
    return lines


def doubts() -> list[str]:
    """Lines of the list of numbers that were not checked, and of the reasons why cards cannot be computed."""
    lines = []
    for name in list_cards():
        standing = standing_of(load_card(name), name)
        if standing.reason:
            lines.append(f"* {name} is not computable: {standing.reason}.")
        lines += [f"* {name} `{key}`: {remark}" for key, remark in standing.unverified]
    return lines


def block() -> str:
    """Everything between the two marks of the page."""
    return "\n".join(
        ["", *rows(), "", "Numbers that rest on a recollection or an assumption:", "", *doubts(), "", ""]
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Rewrite the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + BEGIN + block() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
