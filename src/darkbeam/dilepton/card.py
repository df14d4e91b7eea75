"""Card that goes with a sample of lepton pairs (TOML); every table and key is optional.

    [data]
    beam = "SPS"                    # facility
    lepton = "mu"
    energy_unit = "GeV"             # or "MeV"
    rapidity = "lab"                # or "cm"
    tree = "events"                 # ROOT: name of the tree
    [data.columns]                  # mass = "dimuon_M": names in the file
    [detector]
    mass_resolution = 0.02          # relative; 0 for generated masses; or rows [mass in GeV, relative]:
    # mass_resolution = [[0.3, 0.007], [0.78, 0.0126], [1.02, 0.0133], [3.1, 0.0141]]
    mass_resolution_error = 0.02    # relative error of the resolution; widens the errors at omega, phi, J/psi
    mass = [0.2, 4.0]               # windows in which the trigger is understood; also pt, y
    [efficiency]
    table = "efficiency.csv"        # columns mass, pt, y, efficiency on a regular grid; or constant = 0.8
    floor = 0.05
    below_floor = "refuse"          # or "drop": the region is then not measured
    [background]
    like_sign_ratio = 1.0           # R of opposite-sign over like-sign acceptance, if the data have like-sign pairs
    templates = ["charm.csv"]       # pairs to subtract (open charm, Bethe-Heitler, event mixing), weights
    # in units of the pairs after the efficiency correction
    template_error = 0.3            # relative error of their norm
    eta_line = true                 # subtract eta -> mu mu
    final_state_radiation = true    # correct to born masses
    negative_weights = "average"    # or "refuse": weights of both signs (sWeights) become means in cells
    [polarisation]                  # of the photons, for the decay angles of millicharged pairs; none by default
    longitudinal = 0.3333           # share f0 along the flight direction; 0 is transverse
    [normalisation]                 # one of the three
    pairs_per_collision = 3.4e-4    # of all corrected pairs
    # cross_section_nb = 11.0       # of all corrected pairs, per nucleon; divided by sigma_inel_mb of the beam
    # state = "phi"                 # with mesons_per_collision and branching of the state to this lepton
    source = "where the number comes from"
    [eta]                           # for the part below the muon threshold; fitted by default
    per_collision = 0.30
    error = 0.02

`fit` and `check` work without a card; a yield or a reach needs the normalisation.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.card_tables import Table
from darkbeam.dilepton.line_shapes import RESOLUTION_ERROR, STATES, fit_line
from darkbeam.dilepton.rate import UNPOLARISED
from darkbeam.dilepton.resolution import Resolution, as_resolution
from darkbeam.dilepton.sample import LEPTONS
from darkbeam.errors import CardError, ValueRangeError
from darkbeam.facilities import FACILITIES, get_facility

if TYPE_CHECKING:
    from darkbeam.dilepton.sample import DileptonSample

__all__ = ["COLUMNS", "DileptonCard", "Normalisation", "normalised", "read_card"]

COLUMNS = (
    "mass", "pt", "y", "weight", "cos", "phi", "charge", "label", "px1", "py1", "pz1", "px2", "py2", "pz2", "q1", "q2",
)  # fmt: skip
"""Names of columns: of pairs, or momenta and charges of the two leptons."""
TEMPLATE_ERROR = 0.3
"""Relative error of the norm of templates unless a card says otherwise."""
_NB_PER_MB = 1.0e6
_WINDOWS = ("mass", "pt", "y")


@dataclass(frozen=True)
class Normalisation:
    """How many pairs a collision makes.

    Attributes
    ----------
    kind : {"pairs", "cross-section", "state"}
    value : float
        Pairs per collision; nb per nucleon; or pairs of the state per collision.
    state : str
        Narrow state, for ``state``.
    source : str
        Where the number comes from.
    """

    kind: str
    value: float
    state: str = ""
    source: str = ""


@dataclass(frozen=True)
class DileptonCard:
    """Content of a card; see the module.

    Attributes
    ----------
    beam, lepton, energy_unit, rapidity, tree : str
    columns : dict
        Names in the file, by our names.
    mass_resolution : Resolution or None
    resolution_error : float
        Relative.
    windows : dict
        Limits in mass, pt, y.
    efficiency_table : str
        Path, or empty.
    efficiency_constant : float
    floor : float
    below_floor : {"refuse", "drop"}
    like_sign_ratio : float
    templates : tuple of str
        Paths of samples to subtract.
    template_error : float
        Relative error of their norm, common to all.
    eta_line, final_state_radiation : bool
    negative_weights : {"refuse", "average"}
    longitudinal : float
        Longitudinal share f0 of the photons, see `darkbeam.dilepton.rate`.
    normalisation : Normalisation or None
    etas : tuple of float, or None
        Eta mesons per inelastic collision, and error.
    """

    beam: str = "SPS"
    lepton: str = "mu"
    energy_unit: str = "GeV"
    rapidity: str = "lab"
    tree: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    mass_resolution: Resolution | None = None
    resolution_error: float = RESOLUTION_ERROR
    windows: dict[str, tuple[float, float]] = field(default_factory=dict)
    efficiency_table: str = ""
    efficiency_constant: float = 1.0
    floor: float = 0.05
    below_floor: str = "refuse"
    like_sign_ratio: float = 1.0
    templates: tuple[str, ...] = ()
    template_error: float = TEMPLATE_ERROR
    eta_line: bool = False
    final_state_radiation: bool = False
    negative_weights: str = "refuse"
    longitudinal: float = UNPOLARISED
    normalisation: Normalisation | None = None
    etas: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Content for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DileptonCard:
        """Rebuild from `as_dict`, also after JSON."""
        norm, etas = data["normalisation"], data["etas"]
        changed = {
            "windows": {k: tuple(v) for k, v in data["windows"].items()},
            "normalisation": Normalisation(**norm) if norm else None,
            "etas": tuple(etas) if etas else None,
            "templates": tuple(data["templates"]),
            "mass_resolution": as_resolution(data["mass_resolution"]),
        }
        return cls(**{**data, **changed})


def read_card(path: str | Path) -> DileptonCard:
    """Read and check a card.

    Raises
    ------
    CardError
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CardError(path.name, "", f"cannot be read ({error})") from None
    top = Table(path.name, "", data)
    top.only(("data", "detector", "efficiency", "background", "normalisation", "eta", "polarisation"))
    card = DileptonCard()
    for name, reader in (
        ("data", _data),
        ("detector", _detector),
        ("normalisation", _normalisation),
        ("eta", _eta),
        ("polarisation", _polarisation),
    ):
        if name in top:
            card = reader(card, top.table(name))
    if "background" in top:
        card = _background(card, top.table("background"), path.parent)
    return _efficiency(card, top.table("efficiency"), path.parent) if "efficiency" in top else card


def _data(card: DileptonCard, t: Table) -> DileptonCard:
    t.only(("beam", "lepton", "energy_unit", "rapidity", "tree", "columns"))
    allowed = {
        "lepton": LEPTONS,
        "energy_unit": ("GeV", "MeV"),
        "rapidity": ("lab", "cm"),
        "beam": FACILITIES,
    }
    found = {name: t.string(name, valid) for name, valid in allowed.items() if name in t}
    if "tree" in t:
        found["tree"] = t.string("tree")
    columns = {}
    if "columns" in t:
        table = t.table("columns")
        table.only(COLUMNS)
        columns = {name: table.string(name) for name in table.data}
    return replace(card, columns=columns, **found)  # type: ignore[arg-type]  # all strings


def _detector(card: DileptonCard, t: Table) -> DileptonCard:
    t.only(("mass_resolution", "mass_resolution_error", *_WINDOWS))
    resolution = _resolution(t) if "mass_resolution" in t else None
    given = "mass_resolution_error" in t
    error = t.number("mass_resolution_error", 0.0, 0.5) if given else RESOLUTION_ERROR
    windows = {}
    for name in (name for name in _WINDOWS if name in t):
        limits = t.numbers(name, -np.inf)
        if len(limits) != 2 or limits[0] >= limits[1]:
            raise t.error(name, "must be [low, high] with low < high")
        windows[name] = (limits[0], limits[1])
    return replace(card, mass_resolution=resolution, resolution_error=error, windows=windows)


def _resolution(t: Table) -> Resolution:
    """One number, or rows of a table."""
    rows = t.data["mass_resolution"]
    if not isinstance(rows, list):
        return t.number("mass_resolution", 0.0, 0.5)
    good = [
        isinstance(row, list) and len(row) == 2 and all(type(x) in (int, float) for x in row) for row in rows
    ]
    if len(rows) < 2 or not all(good):
        raise t.error("mass_resolution", "must be a number or at least two rows [mass, relative resolution]")
    mass, value = np.array(rows, dtype=np.float64).T
    if mass[0] <= 0.0 or np.any(np.diff(mass) <= 0.0) or np.any((value < 0.0) | (value > 0.5)):
        raise t.error("mass_resolution", "needs increasing masses (GeV) and resolutions between 0 and 0.5")
    return tuple(zip(mass.tolist(), value.tolist(), strict=True))


def _efficiency(card: DileptonCard, t: Table, folder: Path) -> DileptonCard:
    t.only(("table", "constant", "floor", "below_floor"))
    if ("table" in t) == ("constant" in t):
        raise t.error("table", "give either a table or a constant")
    return replace(
        card,
        efficiency_table=str(folder / t.string("table")) if "table" in t else "",
        efficiency_constant=t.number("constant", 0.0, 1.0, strict=True) if "constant" in t else 1.0,
        floor=t.number("floor", 0.0, 1.0, strict=True) if "floor" in t else card.floor,
        below_floor=t.string("below_floor", ("refuse", "drop")) if "below_floor" in t else card.below_floor,
    )


def _background(card: DileptonCard, t: Table, folder: Path) -> DileptonCard:
    t.only((
        "like_sign_ratio", "templates", "template_error", "eta_line", "final_state_radiation", "negative_weights",
    ))  # fmt: skip
    signs = ("refuse", "average")
    return replace(
        card,
        like_sign_ratio=t.positive("like_sign_ratio") if "like_sign_ratio" in t else 1.0,
        templates=tuple(str(folder / name) for name in t.strings("templates")) if "templates" in t else (),
        template_error=t.number("template_error", 0.0, 1.0) if "template_error" in t else TEMPLATE_ERROR,
        eta_line="eta_line" in t and t.boolean("eta_line"),
        final_state_radiation="final_state_radiation" in t and t.boolean("final_state_radiation"),
        negative_weights=t.string("negative_weights", signs) if "negative_weights" in t else "refuse",
    )


def _polarisation(card: DileptonCard, t: Table) -> DileptonCard:
    t.only(("longitudinal",))
    return replace(card, longitudinal=t.number("longitudinal", 0.0, 1.0))


def _normalisation(card: DileptonCard, t: Table) -> DileptonCard:
    kinds = ("pairs_per_collision", "cross_section_nb", "state")
    t.only((*kinds, "mesons_per_collision", "branching", "source"))
    given = [k for k in kinds if k in t]
    if len(given) != 1:
        raise t.error(given[0] if given else kinds[0], f"give exactly one of {', '.join(kinds)}")
    source = t.string("source") if "source" in t else ""
    if given[0] == "state":
        pairs = t.positive("mesons_per_collision") * t.number("branching", 0.0, 1.0, strict=True)
        found = Normalisation("state", pairs, t.string("state", STATES), source)
    else:
        kind = "pairs" if given[0] == kinds[0] else "cross-section"
        found = Normalisation(kind, t.positive(given[0]), "", source)
    return replace(card, normalisation=found)


def _eta(card: DileptonCard, t: Table) -> DileptonCard:
    t.only(("per_collision", "error"))
    return replace(card, etas=(t.positive("per_collision"), t.optional("error") or 0.0))


def normalised(sample: DileptonSample, card: DileptonCard) -> DileptonSample:
    """Corrected sample with the normalisation of the card; unchanged if the card has none.

    Raises
    ------
    ValueRangeError
        The state that the card normalises to is not seen in the data.
    """
    norm = card.normalisation
    if norm is None:
        return sample
    if norm.kind != "state":
        if sample.shift is not None:
            # the number of all corrected pairs is known: more background changes their shares only
            share = float(np.sum(sample.shift)) / float(np.sum(sample.weight))
            sample = replace(sample, shift=sample.shift - share * sample.weight)
        per_mb = get_facility(card.beam).sigma_inel_mb * _NB_PER_MB
        return replace(sample, normalisation=norm.value if norm.kind == "pairs" else norm.value / per_mb)
    line = fit_line(
        norm.state, sample.mass, sample.weight, card.mass_resolution or 0.0, card.resolution_error,
        sample.variance,
    )  # fmt: skip
    if line is None:
        raise ValueRangeError(f"the data show no {norm.state} of 3 standard deviations to normalise to")
    return replace(sample, normalisation=norm.value * float(np.sum(sample.weight)) / line.pairs)
