"""Model cards: a user's vector in TOML.

    name = "my-vector"                 # a new name
    three_photons = false              # optional: V -> 3 gamma, and masses below 2 m_e

    [charges]                          # in units of the coupling g = epsilon e; what is missing is zero
    u = 0.333
    d = 0.333
    s = 0.333
    e = -1.0                           # also c, b, t, mu, tau, nu_e, nu_mu, nu_tau

    [dark]                             # optional: invisible decays, which do not scale with epsilon
    kind = "dirac"                     # dirac, scalar (complex), majorana, pseudo-dirac
    alpha_D = 0.1
    m_chi_GeV = 0.05                   # or R_chi = m_chi/m
    splitting = 0.1                    # of a pseudo-Dirac pair: (m_2 - m_1)/m_1

Unknown keys are refused, and so are charges that give no decay.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from darkbeam.card_tables import Table
from darkbeam.errors import CardError

from .charges import FERMIONS, Charges
from .dark_sector import KINDS, DarkSector
from .vector import VectorModel

__all__ = ["load_model_card"]

TOP = ("name", "three_photons", "charges", "dark")
DARK = ("kind", "alpha_D", "m_chi_GeV", "R_chi", "splitting")


def load_model_card(path: str | Path) -> VectorModel:
    """Read and check a model card.

    Raises
    ------
    CardError
        It cannot be read, a key is unknown or missing, or a value is impossible; the message names key and line.
    """
    path = Path(path)
    text = _read(path)
    try:
        return _model(Table(path.name, "", _parsed(path, text)))
    except CardError as error:
        line = _line_of(text, error.key)
        if line is None or not error.key:
            raise
        problem = str(error).split(f"key '{error.key}': ", 1)[-1]
        raise CardError(f"{path.name}, line {line}", error.key, problem) from None


def _model(top: Table) -> VectorModel:
    from .catalogue import MODEL_NAMES  # imports this module's users

    top.only(TOP)
    name = top.string("name")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+.-]*", name):
        raise top.error("name", f"{name!r} must be letters, digits, _, +, . and -, and start with a letter")
    if name.lower() in {n.lower() for n in MODEL_NAMES}:
        raise top.error("name", f"{name!r} is a shipped model; choose another name")
    table = top.table("charges")
    table.only(FERMIONS)
    charges = Charges(**{f: table.number(f) for f in FERMIONS if f in table})
    if not any(getattr(charges, f) for f in FERMIONS if f != "t"):
        raise top.error("charges", "charges that give no decay (all are zero)")
    three_photons = "three_photons" in top and top.boolean("three_photons")
    dark = _dark(top.table("dark")) if "dark" in top else None
    return VectorModel(name, charges, dark=dark, three_photons=three_photons)


def _dark(table: Table) -> DarkSector:
    table.only(DARK)
    kind = table.string("kind", KINDS)
    if ("m_chi_GeV" in table) == ("R_chi" in table):
        raise table.error("m_chi_GeV", "give either m_chi_GeV or R_chi")
    if "splitting" in table and kind != "pseudo-dirac":
        raise table.error("splitting", f"only a pseudo-dirac pair has one, not {kind}")
    return DarkSector(
        kind,
        table.positive("alpha_D") if "alpha_D" in table else 0.1,
        table.optional("m_chi_GeV", positive=True),
        table.optional("R_chi", positive=True),
        table.optional("splitting") or 0.0,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CardError(str(path), "", "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(str(path), "", f"cannot be read ({error})") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CardError(path.name, "", f"is not valid TOML: {error}") from None


def _line_of(text: str, key: str) -> int | None:
    """Line of a dotted key, counted from 1; None where it is not written in the usual way."""
    *tables, last = key.split(".")
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            current = found[1]
            if current == key:
                return number
        elif current == ".".join(tables) and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", line):
            return number
    return None
