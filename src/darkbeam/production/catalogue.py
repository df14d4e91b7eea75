"""From names to sources: what ``--sources`` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.production.bremsstrahlung import Bremsstrahlung, mass_nodes
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.mesons import MESON_DECAYS, meson_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.facilities import Facility
    from darkbeam.production.source import Source

__all__ = ["NORMALISATIONS", "make_sources", "resonance_nodes", "source_names", "variation_labels"]

NORMALISATIONS = ("inelastic", "all")
"""Per inelastic collision (default), or averaged over elastic ones too, as tools do that use all collisions."""
BREMSSTRAHLUNG = "bremsstrahlung"
RESOLUTION = 0.2
"""Of the bremsstrahlung yield between the masses of a grid; 5 % in epsilon on the lower edge."""
GROUPS = {"meson": tuple(MESON_DECAYS)}


def source_names() -> tuple[str, ...]:
    """Names that ``--sources`` accepts."""
    return (*GROUPS, *MESON_DECAYS, BREMSSTRAHLUNG)


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
    return [n for n in (*MESON_DECAYS, BREMSSTRAHLUNG) if n in wanted]


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
    scale = facility.sigma_inel_mb / float(sigma_total(facility.s)) if normalisation == "all" else 1.0
    sources: list[Source] = []
    chosen = _expand(names)
    if any(n in MESON_DECAYS for n in chosen):
        mesons = meson_sources(facility.name, form_factors, scale=scale)
        sources += [s for s in mesons if s.name in chosen]
    if BREMSSTRAHLUNG in chosen:
        weight = "tot" if normalisation == "all" else "inelastic"
        sources.append(Bremsstrahlung(facility, brem, normalisation=weight))
    return sources


def variation_labels(sources: Sequence[Source]) -> dict[str, str]:
    """Short names of the variations that make the band: ``lower`` and ``upper``."""
    present = {v for s in sources for v in s.variation_names}
    pairs = {"lower": "brem-lower", "upper": "brem-upper"}
    return {short: full for short, full in pairs.items() if full in present}


def resonance_nodes(sources: Sequence[Source], low: float, high: float) -> list[float]:
    """Masses that a grid needs to resolve the peaks of the sources, GeV."""
    brem = [s for s in sources if isinstance(s, Bremsstrahlung)]
    return [float(m) for source in brem for m in mass_nodes(low, high, source.form_factor_model, RESOLUTION)]
