"""Yields of millicharged pairs: pairs per collision and per epsilon^2, by source and by variation, at one mass.

What ``darkbeam yield FACILITY --model millicharged --mass M --json`` prints.  The counts are pairs; each is two
particles.  As for dark photons (`darkbeam.production.yields`), a source that makes no pairs of this mass is left out
with a note, and is an error if it was asked for by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.models.millicharged import Millicharged
from darkbeam.production.catalogue import variation_labels
from darkbeam.production.pairs import of_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.production.assembly import Choice
    from darkbeam.production.pairs_flux import PairSource

__all__ = ["pair_sources_at", "pair_yields"]

CENTRAL = "central"


def pair_sources_at(
    choice: Choice, mass: float, spin: str = "dirac", every: Sequence[PairSource] | None = None
) -> tuple[list[PairSource], tuple[str, ...]]:
    """Sources that make pairs of particles of one mass (GeV), and notes about them and about the others.

    Parameters
    ----------
    choice : Choice
    mass : float
    spin : {"dirac", "scalar"}
    every : sequence of PairSource, optional
        All sources of the choice and spin, from `of_sources`: they remember their photons, which saves time when
        many masses are asked for.

    Raises
    ------
    MassRangeError
        No source does, or one that was asked for by name does not.
    UnknownNameError
        For a spin that does not exist.
    """
    Millicharged(spin).check(mass)
    if every is None:
        every = of_sources(choice.sources, spin)
    found = [s for s in every if s.valid[0] < mass < s.valid[1]]
    spans = ", ".join(f"{s.name} {s.valid[1]:.4g}" for s in every)
    for s in every:
        if s not in found and s.name in choice.named:
            raise MassRangeError(
                f"{s.name} at {choice.facility.name} makes pairs of masses below {s.valid[1]:.4g} GeV, "
                f"not {mass:g} GeV"
            )
    if not found:
        raise MassRangeError(f"no source makes pairs of {mass:g} GeV; largest masses (GeV): {spans}")
    notes = [f"{s.name} left out: used below {s.valid[1]:.4g} GeV" for s in every if s not in found]
    own = [note for s in found for note in s.notes(mass)]
    return found, (*choice.notes, *notes, *own)


def pair_yields(
    choice: Choice,
    mass: float,
    spin: str = "dirac",
    variation: str = CENTRAL,
    *,
    every: Sequence[PairSource] | None = None,
) -> dict[str, Any]:
    """Pairs per collision at epsilon = 1.

    Parameters
    ----------
    choice : Choice
        Of dark-photon sources, see `darkbeam.production.assembly.choose_sources`.
    mass : float
        Of one particle, GeV.
    spin : {"dirac", "scalar"}
    variation : str
        What ``total`` and ``by_source`` show; ``lower`` and ``upper`` are short names.
    every : sequence of PairSource, optional
        As for `pair_sources_at`.

    Returns
    -------
    dict
        Ready for JSON: ``facility``, ``model``, ``spin``, ``per`` ("pair"), ``mass_GeV``, ``normalisation``, ``total``,
        ``by_source``, ``variations`` (totals by name), ``variation``, ``overlap``, ``preset``, ``notes``.

    Raises
    ------
    MassRangeError, UnknownNameError

    Examples
    --------
    >>> from darkbeam.production.assembly import choose_sources
    >>> result = pair_yields(choose_sources("SPS", ["meson"]), 0.05)
    >>> max(result["by_source"], key=result["by_source"].get)
    'meson:eta'
    """
    labels = variation_labels(choice.sources)
    known = dict.fromkeys(v for s in choice.sources for v in s.variation_names)
    if variation not in (CENTRAL, *labels, *known):
        raise UnknownNameError("variation", variation, (CENTRAL, *labels, *known))
    sources, notes = pair_sources_at(choice, mass, spin, every)
    names = dict.fromkeys(v for s in sources for v in s.variation_names)
    central = {s.name: s.total(mass) for s in sources}
    table = {CENTRAL: central}
    for v in names:
        table[v] = {s.name: s.total(mass, v) if v in s.variation_names else central[s.name] for s in sources}
    shown = table.get(labels.get(variation, variation), central)
    return {
        "facility": choice.facility.name, "model": Millicharged.name, "spin": spin, "per": "pair",
        "mass_GeV": mass, "normalisation": choice.normalisation, "total": sum(shown.values()), "by_source": shown,
        "variations": {v: sum(rows.values()) for v, rows in table.items()}, "variation": variation,
        "overlap": choice.overlap, "preset": choice.preset, "notes": list(notes),
    }  # fmt: skip
