"""From what a user asks for to the sources that are added: names, presets, user fluxes, overlap policy.

Order: sources are made (shipped ones by `make_sources`, user fluxes from their files), a preset changes them,
bremsstrahlung gets the variation ``brem-saturated`` where vector mesons are known, and the overlap policy has
the last word.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import resources
from typing import TYPE_CHECKING

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import Facility
from darkbeam.facility_cards import find_facility_card, load_facility
from darkbeam.production import catalogue
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.charged import charged_sources
from darkbeam.production.charged_model import is_dark_photon
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.mesons import MESON_DECAYS, MesonDecay
from darkbeam.production.nuclear import nuclear_target
from darkbeam.production.overlap import DEFAULT_OVERLAP, MIXING, MIXING_OLD, resolve_overlap
from darkbeam.production.presets import apply_preset, get_preset
from darkbeam.production.saturation import (
    WINDOWS,
    SaturatedBremsstrahlung,
    inclusive_pairs,
    vector_multiplicities,
)
from darkbeam.production.user_flux import is_user_flux, user_flux_sources
from darkbeam.spectra import load_spectra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from darkbeam.facility_cards import FacilityCard
    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.production.presets import Preset
    from darkbeam.production.source import Source

__all__ = ["Choice", "choose_sources"]

BREM = "bremsstrahlung"
NOT_BY_DEFAULT = (MIXING_OLD, *catalogue.SECONDARY)
"""Second descriptions of what another source describes, and secondary production: used only when asked for."""


@dataclass(frozen=True)
class Choice:
    """Sources to add, and how they were chosen.

    Attributes
    ----------
    facility : Facility
    sources : tuple of Source
        After preset and overlap policy.
    named : frozenset of str
        Sources that were asked for one by one: a mass outside the validity of one of them is an error.
    settings : mapping of str to str
        ``brem``, ``form_factors`` and ``normalisation``.
    overlap : str
    preset : str or None
    multiplicities : mapping of str to float
        Vector mesons per collision: of the meson tables, and the J/psi of its own source.
    notes : tuple of str
        What the preset and the overlap policy did.
    model : str
        Name of the vector.
    """

    facility: Facility
    sources: tuple[Source, ...]
    named: frozenset[str]
    settings: Mapping[str, str]
    overlap: str
    preset: str | None
    multiplicities: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: str = "dark-photon"

    @property
    def normalisation(self) -> str:
        """What a yield is per: ``inelastic`` collision, or ``all``."""
        return self.settings["normalisation"]


def choose_sources(
    facility: Facility | str | Path,
    names: Sequence[str] | None = None,
    *,
    brem: str | None = None,
    form_factors: str | None = None,
    normalisation: str | None = None,
    overlap: str | None = None,
    preset: str | None = None,
    model: ChargedModel | None = None,
    nuclear: str | None = None,
    spread: bool = False,
) -> Choice:
    """Choose sources at a facility.

    Parameters
    ----------
    facility : Facility, str or path
        Name, or facility card.
    names : sequence of str, optional
        Sources, groups of them and user fluxes (``flux:FILE``); everything the facility has by default.
    brem, form_factors, normalisation, overlap : str, optional
        As for `make_sources` and `resolve_overlap`; by default those of the preset, or ``fr``, ``default``,
        ``inelastic`` and ``matched``.
    preset : str, optional
    model : ChargedModel, optional
        Vector with other charges; the dark photon by default.
    nuclear : {"none", "a-dependence"}, optional
        Nuclear target of the meson decays, see `darkbeam.production.nuclear`; that of the facility or of the card.
    spread : bool
        Other generators as variations of the meson decays, see `darkbeam.production.generator_spread`.

    Raises
    ------
    UnknownNameError, ValueRangeError, CardError, MissingExtraError

    Examples
    --------
    >>> [s.name for s in choose_sources("SPS", ["meson:pi0", "bremsstrahlung"]).sources]
    ['meson:pi0', 'bremsstrahlung']
    """
    card = None if isinstance(facility, Facility) else find_facility_card(facility)
    site = card.facility if card else facility if isinstance(facility, Facility) else load_facility(facility)
    bundle = get_preset(preset) if preset else None
    settings = {"brem": "fr", "form_factors": "default", "normalisation": "inelastic", "nuclear": "none"}
    settings |= dict(bundle.options) if bundle else {}
    given = {"brem": brem, "form_factors": form_factors, "normalisation": normalisation, "nuclear": nuclear}
    settings |= {key: value for key, value in given.items() if value is not None}
    wanted = _wanted(names, bundle, own_beam=card is not None)
    target = nuclear_target(site, settings["nuclear"], card.target_A if card else None)
    made = _make(site, wanted, settings, card)
    sources: list[Source] = [
        replace(s, spread=spread, nuclear=target) if isinstance(s, MesonDecay) else s for s in made
    ]
    single = frozenset(n for n in map(_canonical, names or ()) if n not in catalogue.GROUPS)
    if bundle and model is not None and not is_dark_photon(model):
        raise ValueRangeError(f"the preset {bundle.name} is for dark photons, not for {model.name}")
    sources, left_out = charged_sources(sources, model, single)
    multiplicities = _multiplicities(site, settings["normalisation"], card) | _jpsi(sources)
    notes: list[str] = list(left_out)
    if bundle:
        kept = apply_preset(bundle, sources)
        gone = sorted({s.name for s in sources} - {s.name for s in kept})
        notes += [f"{', '.join(gone)} left out: not in the preset {bundle.name}"] if gone else []
        sources = kept
    policy = overlap or (bundle.overlap if bundle else DEFAULT_OVERLAP)
    if bundle is None and (model is None or is_dark_photon(model)):
        sources = _with_saturation(sources, multiplicities, policy)
    resolved = resolve_overlap(sources, policy)
    if not resolved.sources:
        raise ValueRangeError("; ".join([f"no source is left at {site.name}", *notes]))
    return Choice(
        site, tuple(resolved.sources), single, settings, policy,
        bundle.name if bundle else None, multiplicities, (*notes, *resolved.notes),
        model.name if model else "dark-photon",
    )  # fmt: skip


def _canonical(name: str) -> str:
    """Name of a source as the catalogue spells it."""
    known = {n.lower(): n for n in catalogue.source_names()}
    return known.get(name.strip().lower(), name.strip())


def _wanted(names: Sequence[str] | None, bundle: Preset | None, *, own_beam: bool) -> list[str]:
    """Names to make, as the catalogue spells them."""
    if names is not None:
        return [_canonical(n) for n in names if n.strip()]
    known = [n for n in catalogue.source_names() if n not in NOT_BY_DEFAULT]
    if own_beam:  # the other tables belong to the shipped facilities
        known = [n for n in known if n in MESON_DECAYS or n == BREM]
    return [n for n in known if n in bundle.sources] if bundle else known


def _make(
    site: Facility, wanted: Sequence[str], settings: Mapping[str, str], card: FacilityCard | None
) -> list[Source]:
    """Make the sources, in the order of the catalogue; user fluxes last."""
    from darkbeam.dilepton.named import (  # it uses the sources of this package itself
        is_measured,
        measured_source,
    )

    fluxes = [n for n in wanted if is_user_flux(n)]
    measured = [n for n in wanted if is_measured(n)]
    shipped = [n for n in wanted if not is_user_flux(n) and not is_measured(n)]
    sources: list[Source] = []
    if card is not None:
        shipped, sources = _own_mesons(card, shipped, settings)
    if shipped or not (fluxes or sources or measured):
        sources += catalogue.make_sources(
            site, shipped, brem=settings["brem"], form_factors=settings["form_factors"],
            normalisation=settings["normalisation"],
        )  # fmt: skip
    for name in fluxes:
        sources += user_flux_sources(name, site, settings["form_factors"])
    return sources + [measured_source(name, site, settings["normalisation"]) for name in measured]


def _own_mesons(
    card: FacilityCard, names: Sequence[str], settings: Mapping[str, str]
) -> tuple[list[str], list[Source]]:
    """Meson sources from the tables of a card, and the names that are left."""
    mesons = [m for m in MESON_DECAYS if m in names or "meson" in names]
    rest = [n for n in names if n not in MESON_DECAYS and n != "meson"]
    for name in rest:
        if name != BREM and name in catalogue.source_names():
            raise ValueRangeError(
                f"{name} has no tables for {card.facility.name}; a facility card offers meson and {BREM}"
            )
        if name != BREM:
            raise UnknownNameError("source", name, ("meson", *MESON_DECAYS, BREM))
    if not mesons:
        return rest, []
    spectra = card.spectra()
    scale = _scale(card.facility, settings["normalisation"])
    return rest, [MesonDecay(m, spectra, settings["form_factors"], 1, scale) for m in mesons]


def _scale(site: Facility, normalisation: str) -> float:
    """Factor on yields per inelastic collision."""
    return site.sigma_inel_mb / float(sigma_total(site.s)) if normalisation == "all" else 1.0


def _multiplicities(site: Facility, normalisation: str, card: FacilityCard | None) -> dict[str, float]:
    """Vector mesons per collision; empty where there are no tables."""
    if card is not None:
        if not (card.spectra_folder / f"{site.name}.npz").is_file():
            return {}
        spectra = card.spectra()
    elif (resources.files("darkbeam.data") / "spectra" / f"{site.name}.npz").is_file():
        spectra = load_spectra(site.name)
    else:
        return {}
    return vector_multiplicities(spectra, _scale(site, normalisation))


def _jpsi(sources: Sequence[Source]) -> dict[str, float]:
    """Return J/psi per collision where its source, which takes it from data, is among the sources."""
    counts = {s.name: getattr(s, "multiplicity", None) for s in sources}
    count = counts.get("quarkonium:jpsi")
    return {"jpsi": float(count())} if callable(count) else {}


def _with_saturation(
    sources: Sequence[Source], multiplicities: Mapping[str, float], policy: str
) -> list[Source]:
    """Give bremsstrahlung the variation ``brem-saturated``, unless its poles are removed anyway."""
    limits = [inclusive_pairs(multiplicities, WINDOWS[w]) for w in ("rho-omega", "phi")]
    removed = policy == "matched" and any(s.name == MIXING for s in sources)
    first, second = limits
    if first is None or second is None or removed:
        return list(sources)
    return [
        SaturatedBremsstrahlung(s, (first, second)) if isinstance(s, Bremsstrahlung) else s for s in sources
    ]
