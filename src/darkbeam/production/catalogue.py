"""From names to sources: what ``--sources`` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.production.bremsstrahlung import Bremsstrahlung, mass_nodes
from darkbeam.production.cascade import CASCADES, cascade_sources
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.drell_yan import DrellYan
from darkbeam.production.mesons import MESON_DECAYS, meson_sources
from darkbeam.production.mixing import Mixing, mixing_old_source, mixing_source
from darkbeam.production.mixing_couplings import mass_nodes as mixing_nodes
from darkbeam.production.quarkonium import QUARKONIA, quarkonium_sources
from darkbeam.production.showers import SHOWERS, shower_sources
from darkbeam.production.weighted import innermost
from darkbeam.spectra import load_spectra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.facilities import Facility
    from darkbeam.production.source import Source

__all__ = [
    "GROUPS", "NORMALISATIONS", "SECONDARY", "make_sources", "resonance_nodes", "source_names", "variation_labels",
]  # fmt: skip

NORMALISATIONS = ("inelastic", "all")
"""Per inelastic collision (default), or averaged over elastic ones too, as tools do that use all collisions."""
BREMSSTRAHLUNG, MIXING, MIXING_OLD, DRELL_YAN = "bremsstrahlung", "mixing", "mixing-old", "drell-yan"
GROUPS = {
    "meson": tuple(MESON_DECAYS),
    "quarkonium": tuple(f"quarkonium:{q}" for q in QUARKONIA),
    "cascade": CASCADES,
    "shower": SHOWERS,
}
"""Names that stand for several sources."""
SECONDARY = ("cascade", *CASCADES, "shower", *SHOWERS)
"""Secondary production in a thick target: only when asked for."""
SINGLE = (
    *GROUPS["meson"], BREMSSTRAHLUNG, MIXING, MIXING_OLD, DRELL_YAN, *GROUPS["quarkonium"], *CASCADES, *SHOWERS,
)  # fmt: skip
"""All sources, in the order in which they are made."""
RESOLUTION = 0.2
"""Of the bremsstrahlung yield between the masses of a grid; 5 % in epsilon on the lower edge."""


def source_names() -> tuple[str, ...]:
    """Names that ``--sources`` accepts."""
    hard = (DRELL_YAN, "quarkonium", *GROUPS["quarkonium"])
    return ("meson", *GROUPS["meson"], BREMSSTRAHLUNG, MIXING, MIXING_OLD, *hard, *SECONDARY)


def _expand(names: Sequence[str]) -> list[str]:
    """Single sources, in the order of the catalogue, each once."""
    valid = source_names()
    known = {n.lower(): n for n in valid}
    wanted: set[str] = set()
    for name in names:
        if name.lower() not in known:
            raise UnknownNameError("source", name, valid)
        full = known[name.lower()]
        wanted.update(GROUPS.get(full, (full,)))
    if not wanted:
        raise ValueRangeError(f"no source given; valid: {', '.join(valid)}")
    return [n for n in SINGLE if n in wanted]


def make_sources(
    facility: Facility,
    names: Sequence[str],
    *,
    brem: str = "fr",
    form_factors: str = "default",
    normalisation: str = "inelastic",
) -> list[Source]:
    """Build sources at a facility.

    Parameters
    ----------
    facility : Facility
    names : sequence of str
        Sources, or groups of them (``meson``).
    brem : str
        Description of bremsstrahlung.
    form_factors : str
        Transition form factors of meson decays.
    normalisation : {"inelastic", "all"}
        ``all`` multiplies meson yields by sigma_inel/sigma_tot and divides bremsstrahlung by sigma_tot instead of
        sigma_inel.

    Raises
    ------
    UnknownNameError, ValueRangeError
    """
    if normalisation not in NORMALISATIONS:
        raise UnknownNameError("normalisation", normalisation, NORMALISATIONS)
    chosen = _expand(names)
    scale = facility.sigma_inel_mb / float(sigma_total(facility.s)) if normalisation == "all" else 1.0
    weight = "tot" if normalisation == "all" else "inelastic"
    sources: list[Source] = []
    if any(n in MESON_DECAYS for n in chosen):
        sources += meson_sources(facility.name, form_factors, scale=scale)
    if BREMSSTRAHLUNG in chosen:
        sources.append(Bremsstrahlung(facility, brem, normalisation=weight))
    if MIXING in chosen:
        sources.append(mixing_source(facility.name, scale=scale))
    if MIXING_OLD in chosen:
        sources.append(mixing_old_source(facility.name, scale))
    if DRELL_YAN in chosen:
        sources.append(DrellYan(facility, normalisation=weight))
    if any(n in GROUPS["quarkonium"] for n in chosen):
        sources += quarkonium_sources(facility, weight)
    if any(n in CASCADES for n in chosen):
        sources += cascade_sources(facility.name, form_factors, scale)
        made = {s.name for s in sources}
        gone = [n for n in CASCADES if n not in made and n.lower() in {m.lower() for m in names}]
        if gone:
            raise ValueRangeError(
                f"{', '.join(gone)}: too few mesons in the cascade tables of {facility.name}"
            )
    if any(n in SHOWERS for n in chosen):
        sources += shower_sources(load_spectra(facility.name), scale=scale)
    return [s for s in sources if s.name in chosen]


def variation_labels(sources: Sequence[Source]) -> dict[str, str]:
    """Short names of the variations that make the band: ``lower`` and ``upper``."""
    present = {v for s in sources for v in s.variation_names}
    pairs = {"lower": "brem-lower", "upper": "brem-upper"}
    return {short: full for short, full in pairs.items() if full in present}


def resonance_nodes(sources: Sequence[Source], low: float, high: float) -> list[float]:
    """Masses that a grid needs to resolve the peaks of the sources, GeV."""
    nodes: list[float] = []
    for source in (inner for s in sources for inner in innermost(s)):
        if isinstance(source, Bremsstrahlung):
            nodes += [float(m) for m in mass_nodes(low, high, source.form_factor_model, RESOLUTION)]
        elif isinstance(source, Mixing):
            nodes += mixing_nodes(low, high)
        else:  # quarkonia and measured pairs know their own
            nodes += [float(m) for m in getattr(source, "mass_nodes", ())]
    return [m for m in nodes if low < m < high]
