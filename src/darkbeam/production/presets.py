"""Named bundles of another tool's conventions, as data: what ``--preset`` switches.

A preset says which sources there are, how they overlap, what `make_sources` is called with, and what is then
changed in single sources: fields of the source's class (applied where the class has them) and factors on its
yield.  Each switch has one line of documentation, which ``darkbeam yield --preset NAME`` prints.

``senscalc``: the conventions of SensCalc (arXiv:2305.13383, as used in arXiv:2409.11096), to compare numbers with
it.  They are listed in `PRESETS` and are not recommended.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from darkbeam.errors import UnknownNameError
from darkbeam.production.brem_unconjugated import UnconjugatedBremsstrahlung
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.weighted import WeightedSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from darkbeam.production.source import Source

__all__ = ["PRESETS", "Preset", "apply_preset", "get_preset"]


@dataclass(frozen=True)
class Preset:
    """A bundle of conventions.

    Attributes
    ----------
    name, title : str
    sources : tuple of str
        Sources of the tool; what is asked for beyond them is left out.
    overlap : str
        Overlap policy.
    options : mapping
        Keyword arguments of `darkbeam.production.make_sources`.
    changes : mapping of str to mapping
        Fields of single sources, by source name.
    factors : mapping of str to float
        Factors on the yields of single sources.
    pi0_all_decays : mapping of str to float
        pi0 per inelastic collision, by facility, where the tool counts those of K_S and hyperons, too.
    unconjugated : bool
        Interference term of bremsstrahlung without complex conjugation.
    switches : mapping of str to str
        One line about each switch.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    overlap: str
    options: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    pi0_all_decays: Mapping[str, float] = field(default_factory=dict)
    unconjugated: bool = False
    switches: Mapping[str, str] = field(default_factory=dict)


_SENSCALC = Preset(
    name="senscalc",
    title="conventions of SensCalc, arXiv:2305.13383 and arXiv:2409.11096",
    sources=("meson:pi0", "meson:eta", "meson:etap", "bremsstrahlung", "mixing", "drell-yan"),
    overlap="sum",
    options={"brem": "fr", "form_factors": "none", "normalisation": "all"},
    changes={
        "bremsstrahlung": {
            "normalisation": "senscalc",
            "lambda_lower": 0.5,
            "lambda_central": 1.0,
            "lambda_upper": 2.0,
        },
        "mixing": {"couplings": "senscalc"},
        "drell-yan": {"k_factor": "senscalc", "normalisation": "senscalc", "z_mixing": False},
    },
    factors={
        "meson:pi0": 0.98799 / 0.98823,
        "meson:eta": 0.3931 / 0.3936,
        "meson:etap": 0.0219 / 0.02307,
    },
    pi0_all_decays={"SPS": 5.05, "Fermilab": 3.63, "Serpukhov": 3.05},
    unconjugated=True,
    switches={
        "multiplicities": "mesons per collision averaged over elastic ones: sigma_inel/sigma_tot",
        "K_S": "pi0 from K_S and hyperons counted in a dump (Pythia 8.317, SoftQCD:inelastic, all decays)",
        "branching": "BR(P -> gamma gamma) = 0.98799, 0.3931, 0.0219 for pi0, eta, eta'",
        "decays": "pi0, eta and eta' only, no transition form factors",
        "mixing": "g = 5.89 with SU(3) ratios 1 : 1/3 : sqrt(2)/3 and its widths, no excited states",
        "conjugation": "bremsstrahlung with Re(F1 F2) instead of Re(F1 F2*)",
        "sigma": "bremsstrahlung weight sigma_NSD(sigma_NSD(s'))/sigma_tot(s), fixed-target invariants",
        "lambda": "cut-off 0.5, 1, 2 GeV for lower, central, upper",
        "vmd": "--brem baseline or ap: VMD form factor with excited states at 1.42 to 1.70 GeV",
        "drell-yan": "K = 1.7 at the SPS, 1 elsewhere; divided by 51 A^-0.29 mb",
        "overlap": "all sources added",
    },
)

PRESETS = {_SENSCALC.name: _SENSCALC}
"""Presets by name."""


def get_preset(name: str) -> Preset:
    """Return a preset by name.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> get_preset("senscalc").overlap
    'sum'
    """
    if name.lower() not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name.lower()]


def _replaced(source: Source, values: Mapping[str, Any]) -> Source:
    """Return the source with the fields that its class has."""
    record: Any = source  # the protocol does not promise a dataclass
    known = {f.name for f in fields(record)} if is_dataclass(record) else set()
    changed: Source = replace(record, **{k: v for k, v in values.items() if k in known}) if known else source
    return changed


def apply_preset(preset: Preset, sources: Iterable[Source]) -> list[Source]:
    """Change sources made with ``preset.options`` into those of the preset.

    Parameters
    ----------
    preset : Preset
    sources : iterable of Source

    Returns
    -------
    list of Source
        Without those that the other tool does not have; user fluxes (``flux:...``) stay as they are.
    """
    out: list[Source] = []
    for source in sources:
        if source.name.startswith("flux:"):
            out.append(source)
        elif source.name in preset.sources:
            out.append(_converted(preset, source))
    return out


def _converted(preset: Preset, source: Source) -> Source:
    changed = _replaced(source, preset.changes.get(source.name, {}))
    if isinstance(changed, Bremsstrahlung):
        if changed.description != "fr" and not changed.form_factor:
            return replace(changed, form_factor="vmd-senscalc")
        return UnconjugatedBremsstrahlung(changed) if preset.unconjugated else changed
    factor = preset.factors.get(source.name, 1.0)
    if isinstance(changed, MesonDecay) and source.name == "meson:pi0":
        spectra = changed.spectra
        ours = spectra.species("pi0").multiplicity
        factor *= preset.pi0_all_decays.get(spectra.facility.name, ours) / ours
    return changed if factor == 1.0 else WeightedSource(changed, factor)
