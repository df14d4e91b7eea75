"""Papers behind a result, as BibTeX.

Every part of a calculation names its papers by arXiv number; the entries are in ``data/citations.bib``.  A paper that
an experiment card cites and that is not in the file is printed as a bare ``@misc`` with its number.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from darkbeam.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["bibliography", "keys_of_card", "stored_card"]

GENERAL = ("2409.11096",)
"""The unified calculation that darkbeam follows."""
MESONS = ("2203.11601", "1608.07898", "1601.06565")
FORWARD_TUNE = ("2309.08604",)
DECAYS = (
    "2201.01788", "1911.11147", "1002.0279", "hep-ph/0512180", "0804.0359", "1601.08061",
    "hep-ex/0605109", "1610.00235", "1306.1985", "1407.7995", "hep-ex/0602006",
)  # fmt: skip
FURTHER = {
    "mixing": ("2504.06828", "2203.11601", "1404.5630"),
    "drell-yan": ("1706.00428", "2203.11601"),
    "quarkonium": ("hep-ph/9403387", "hep-ex/0512029", "1509.00771", "2212.12664", "1202.6579", "2203.11601"),
    "cascade": ("2108.03481", "2203.11601"),
    "shower": ("1802.04756", "0906.0580"),
}
"""Papers behind the sources beyond mesons and bremsstrahlung."""
PAIRS = ("2512.04153", "1603.08926", "1806.03310")
LIGHT_DARK_MATTER = ("1603.08926", "1901.09966", "1609.01770")
VECTORS = ("1801.04847", "1803.05466", "1404.4370")
BREMSSTRAHLUNG = {
    "fr": ("2409.09123", "2108.05900"),
    "baseline": ("1311.3870", "0910.5589"),
    "ap": ("2108.05900", "0910.5589"),
}

ARXIV = re.compile(r"\b(\d{4}\.\d{4,5}|hep-(?:ph|ex)/\d{7})\b")


def stored_card(file: Path) -> dict[str, Any]:
    """Card in a ``contour.json`` of any model.

    Raises
    ------
    OutputError
        If the file cannot be read or holds no card.
    """
    try:
        card = json.loads(file.read_text(encoding="utf-8"))["card"]
        keys_of_card(card)
    except OSError as error:
        raise OutputError(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{file} is not a contour.json of darkbeam") from error
    return dict(card)


def keys_of_card(card: dict[str, Any]) -> dict[str, str]:
    """ArXiv numbers behind a result and what each is for, in order.

    Parameters
    ----------
    card : dict
        The card of a `Reach` or `Rate`.
    """
    keys: dict[str, str] = {}
    for member in card.get("members", [card]):  # a joint result has one card for each experiment
        for use, numbers in _uses(member):
            for number in numbers:
                known = keys.get(number, "")
                keys[number] = "; ".join(dict.fromkeys(filter(None, [*known.split("; "), use])))
    return keys


def _uses(card: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """What papers are cited for by the card of one experiment, and their numbers."""
    experiment = card["experiment"]
    uses: list[tuple[str, tuple[str, ...]]] = [("unified calculation", GENERAL)]
    if any(s.startswith("meson") for s in card["sources"]):
        uses.append(("meson spectra and transition form factors", MESONS))
        if str(experiment["facility"]).startswith("LHC"):
            uses.append(("forward tune", FORWARD_TUNE))
    if "bremsstrahlung" in card["sources"]:
        uses.append(("proton bremsstrahlung", BREMSSTRAHLUNG[card["choices"]["brem"]]))
    for part, numbers in FURTHER.items():
        if any(s.startswith(part) for s in card["sources"]):
            uses.append((part, numbers))
    model = str(card.get("model", {}).get("name", "dark-photon"))
    if model == "millicharged":
        uses.append(("pairs of millicharged particles", PAIRS))
    elif model == "light-dark-matter":
        uses.append(("pairs of light dark matter and their scattering off electrons", LIGHT_DARK_MATTER))
    else:
        uses += [("hadronic decays", DECAYS), ("hadronisation", ("2203.11601",))]
        if model != "dark-photon":
            uses.append(("couplings of the vector", VECTORS))
    cited = tuple(dict.fromkeys(ARXIV.findall(" ".join(experiment.get("citations", [])))))
    uses.append((f"experiment {experiment['name']}", cited))
    return uses


@lru_cache(maxsize=1)
def _entries() -> dict[str, str]:
    text = resources.files("darkbeam.data").joinpath("citations.bib").read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{([^,]+),\n.*?^\}", text, flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^@\w+\{.*?^\}", text, flags=re.MULTILINE | re.DOTALL)
    return dict(zip(found, blocks, strict=True))


def bibliography(card: dict[str, Any]) -> str:
    """BibTeX of everything behind a card, with a comment that says what each paper is for."""
    entries = _entries()
    parts = []
    for number, use in keys_of_card(card).items():
        bare = f"@misc{{arXiv:{number},\n  eprint = {{{number}}}, archivePrefix = {{arXiv}}\n}}"
        parts.append(f"% {use}\n{entries.get(f'arXiv:{number}', bare)}")
    parts.append(f"% particle data\n{entries['particle']}")
    return "\n\n".join(parts) + "\n"
