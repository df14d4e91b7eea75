"""Facility cards: a user's proton beam in TOML.

    name = "Main_ring"                 # a new name; letters, digits, _ and -
    description = "p(800 GeV) on tungsten"
    beam_energy_GeV = 800.0            # of one beam proton
    collider = false                   # optional: two equal beams instead of a target at rest

    [target]                           # for fixed targets; optional, a free proton by default
    A = 184
    Z = 74

    [cross_section]                    # optional
    sigma_inel_mb = 33.5               # inelastic proton-proton cross-section

    [bremsstrahlung]                   # optional
    z_min = 0.1                        # range of z = E/P
    z_max = 0.9
    pt_max_GeV = 1.0                   # of the description ``baseline``
    mass_max_GeV = 3.0

    [spectra]                          # optional
    folder = "darkbeam-out/spectra"    # where ``darkbeam spectra make CARD`` wrote the tables, from the card's folder

Without a cross-section the parametrisation of `darkbeam.production.cross_sections` at the card's s is used, which
holds for 5 GeV < sqrt(s) < 100 TeV; outside, the card is refused.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.constants import M_P
from darkbeam.errors import CardError
from darkbeam.facilities import FACILITIES, Facility, get_facility

if TYPE_CHECKING:
    from darkbeam.spectra import Spectra

__all__ = ["FacilityCard", "find_facility_card", "load_facility", "load_facility_card"]

SQRT_S = (5.0, 1.0e5)
"""Range of sqrt(s) in GeV in which cross-sections and generator are trusted."""
TOP = (
    "name",
    "description",
    "beam_energy_GeV",
    "collider",
    "target",
    "cross_section",
    "bremsstrahlung",
    "spectra",
)
DEFAULT_FOLDER = "darkbeam-out/spectra"
MOST_NUCLEONS = 295
"""Mass number of the heaviest known nuclei."""


@dataclass(frozen=True)
class FacilityCard:
    """What a facility card says.

    Attributes
    ----------
    facility : Facility
    target_A, target_Z : int
        Mass and atomic number of the target; 1, 1 for a collider.
    spectra_folder : Path
        Folder of the meson tables.
    file : str
        Name of the card, for messages.
    """

    facility: Facility
    target_A: int
    target_Z: int
    spectra_folder: Path
    file: str

    def spectra(self) -> Spectra:
        """Meson spectra made by ``darkbeam spectra make CARD``.

        Raises
        ------
        CardError
            If the tables are not there or are not those of this beam.
        """
        from darkbeam.spectra import read_spectra  # slow to import, and a card alone needs no table

        name, folder = self.facility.name, self.spectra_folder
        if not all((folder / f"{name}{suffix}").is_file() for suffix in (".npz", ".json")):
            problem = (
                f"no meson tables of {name} in {folder}; make them with: darkbeam spectra make {self.file}"
            )
            raise CardError(self.file, "spectra.folder", problem)
        # the table of another energy under the same name would be silently wrong
        beam: Any = self.facility  # has all that the spectra ask of a beam
        found = read_spectra(folder, beam)
        stated = next((s for s in found.sample["settings"] if s.startswith(("Beams:eA", "Beams:eCM"))), "")
        wanted = self.facility.beam_energy * (2.0 if self.facility.collider else 1.0)
        kind = "Beams:eCM" if self.facility.collider else "Beams:eA"
        key, _, value = (part.strip() for part in stated.partition("="))
        if key != kind or abs(float(value) / wanted - 1.0) > 1e-6:
            problem = f"the meson tables of {name} in {folder} are of another beam ({stated or 'unknown'})"
            raise CardError(self.file, "spectra.folder", problem)
        return found


def load_facility_card(path: str | Path) -> FacilityCard:
    """Read and check a facility card.

    Raises
    ------
    CardError
        It cannot be read, a key is unknown or missing, or a value is impossible; the message names the key.
    """
    path = Path(path)
    top = Table(path.name, "", _parsed(path))
    top.only(TOP)
    name = _name(top)
    energy = top.number("beam_energy_GeV", M_P, strict=True)
    collider = "collider" in top and top.boolean("collider")
    description = top.string("description") if "description" in top else name
    target = _target(top, collider=collider)
    sigma = _sigma(top, energy, collider=collider)
    facility = Facility(name, description, energy, collider, sigma, **_bremsstrahlung(top, collider=collider))
    return FacilityCard(facility, *target, _folder(top, path), path.name)


def load_facility(name_or_path: str | Path) -> Facility:
    """Return a facility by name, or of a user's card (anything that ends in ``.toml``).

    Examples
    --------
    >>> load_facility("sps").beam_energy
    400.0
    """
    card = find_facility_card(name_or_path)
    return get_facility(str(name_or_path)) if card is None else card.facility


def find_facility_card(name_or_path: str | Path) -> FacilityCard | None:
    """Return the card if a path is given, None for the name of a shipped facility."""
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        return load_facility_card(name_or_path)
    return None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CardError(str(path), "", "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(str(path), "", f"cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise CardError(path.name, "", f"is not valid TOML: {error}") from None


def _name(top: Table) -> str:
    name = top.string("name")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise top.error("name", f"{name!r} must be letters, digits, _ and -, and start with a letter")
    plain = name.lower().translate(str.maketrans("", "", "-_"))
    if plain in {f.lower().replace("_", "") for f in FACILITIES}:
        raise top.error("name", f"{name!r} is a shipped facility; choose another name")
    return name


def _target(top: Table, *, collider: bool) -> tuple[int, int]:
    if "target" not in top:
        return 1, 1
    if collider:
        raise top.error("target", "a collider has no target")
    table = top.table("target")
    table.only(("A", "Z"))
    A, Z = table.integer("A", 1), table.integer("Z", 1)
    if A > MOST_NUCLEONS:
        raise table.error("A", f"must be at most {MOST_NUCLEONS}, not {A}")
    if Z > A:
        raise table.error("Z", f"must be at most A = {A}, not {Z}")
    return A, Z


def _sigma(top: Table, energy: float, *, collider: bool) -> float:
    from darkbeam.production.cross_sections import s_initial, sigma_inelastic  # needs NumPy

    s = s_initial(sqrt(energy**2 - M_P**2), collider=collider)
    if not SQRT_S[0] < sqrt(s) < SQRT_S[1]:
        problem = f"gives sqrt(s) = {sqrt(s):.3g} GeV; valid: {SQRT_S[0]:g} to {SQRT_S[1]:g} GeV"
        raise top.error("beam_energy_GeV", problem)
    if "cross_section" in top:
        table = top.table("cross_section")
        table.only(("sigma_inel_mb",))
        return table.number("sigma_inel_mb", 1.0, 1000.0)
    return round(float(sigma_inelastic(s)), 2)


def _bremsstrahlung(top: Table, *, collider: bool) -> dict[str, float]:
    table = top.table("bremsstrahlung") if "bremsstrahlung" in top else Table(top.file, "bremsstrahlung", {})
    table.only(("z_min", "z_max", "pt_max_GeV", "mass_max_GeV"))
    # the ranges of the shipped colliders and fixed targets
    values = {"z_min": 0.005, "z_max": 0.99} if collider else {"z_min": 0.1, "z_max": 0.9}
    for key in ("z_min", "z_max"):
        if key in table:
            values[key] = table.number(key, 0.0, 1.0, strict=True)
    if not values["z_min"] < values["z_max"] < 1.0:
        problem = f"need 0 < z_min < z_max < 1, not {values['z_min']:g} and {values['z_max']:g}"
        raise table.error("z_max", problem)
    if "pt_max_GeV" in table:
        values["pt_max"] = table.positive("pt_max_GeV")
    if "mass_max_GeV" in table:
        values["brem_mass_max"] = table.number("mass_max_GeV", 0.01, 10.0)
    return values


def _folder(top: Table, path: Path) -> Path:
    if "spectra" not in top:
        return path.parent / DEFAULT_FOLDER
    table = top.table("spectra")
    table.only(("folder",))
    return path.parent / table.string("folder")
