"""Options of a calculation, and the card that reproduces it.

The card is one JSON-serialisable dictionary: experiment, model, sources, variations, masses, settings, seed and
version.  Its hash names cached results and guards output folders.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import darkbeam
from darkbeam.dilepton.named import is_measured, measured_file
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models import get_model
from darkbeam.production import variation_labels
from darkbeam.production.assembly import Choice, choose_sources
from darkbeam.production.exposure import collisions
from darkbeam.production.user_flux import is_user_flux
from darkbeam.sensitivity.masses import DEFAULT_MASSES, check_range
from darkbeam.sensitivity.setup import Setup
from darkbeam.sensitivity.widths import DEFAULT_WIDTHS, WIDTHS, check_widths

if TYPE_CHECKING:
    from darkbeam.decays.imported import ImportedDecays
    from darkbeam.experiments import Experiment
    from darkbeam.facilities import Facility
    from darkbeam.models import VectorModel
    from darkbeam.sensitivity.joint import JointSetup

__all__ = ["Options", "build_setup", "make_card"]

VARIATIONS = ("band", "full", "central", "lower", "upper")
DEFAULT_SOURCES = ("meson", "bremsstrahlung")
"""Sources of a contour unless others are asked for."""


@dataclass(frozen=True)
class Options:
    """What a user can choose beside the experiment.

    Attributes
    ----------
    sources : tuple of str, optional
        Names of sources, or of groups of them (``meson``); `DEFAULT_SOURCES`, or those of the preset.
    brem : {"fr", "baseline", "ap"}, optional
        Description of proton bremsstrahlung; ``fr`` by default.
    form_factors : {"default", "vmd", "none"}, optional
        Transition form factors of the meson decays.
    normalisation : {"inelastic", "all"}, optional
        Yields per inelastic collision (default), or averaged over elastic ones too as some tools do.
    nuclear : {"none", "a-dependence"}, optional
        Nuclear target of the meson decays; free protons by default.
    overlap : str
        What is done about sources that describe the same dark photons, see `darkbeam.production.overlap`.
    model : str
        Name of a vector model, or a card of its charges.
    scheme : str
        Description of the hadronic width: ``default``, ``deliver`` or ``naive``.
    preset : str or None
        Conventions of another tool as a bundle, see `darkbeam.production.presets`; it fixes the choices above
        that are None.
    variation : str
        ``band`` (central with all variations), ``full`` (the same with the spread of generators), ``central``,
        ``lower``, ``upper`` or the name of a variation.
    widths : tuple of str
        Variations of the decay width in the band, see `darkbeam.sensitivity.widths`: names, ``default``, ``none``,
        ``all``.
    hadrons : tuple of str
        Files or folders of hadronic decays at rest made elsewhere, see `darkbeam.decays.imported`; variations of the
        decay width are then left out.
    smearing : bool
        Smear measured momenta as the card's table ``smearing`` says.
    masses : (float, float, int)
        Range (GeV) and points of the base grid.
    refine : bool
        Add masses at thresholds, at the omega and phi peaks and where regions open or close.
    seed : int
    precision : float
        Relative error of epsilon on the lower edge at which sampling stops.
    n_draws, n_decays, n_rays : int
        Size of the Monte Carlo samples in a round, see `darkbeam.sensitivity.setup.Setup`.
    """

    sources: tuple[str, ...] | None = None
    brem: str | None = None
    form_factors: str | None = None
    normalisation: str | None = None
    nuclear: str | None = None
    overlap: str | None = None
    preset: str | None = None
    model: str = "dark-photon"
    scheme: str = "default"
    variation: str = "band"
    widths: tuple[str, ...] = DEFAULT_WIDTHS
    hadrons: tuple[str, ...] = ()
    smearing: bool = False
    masses: tuple[float, float, int] = DEFAULT_MASSES
    refine: bool = True
    seed: int = 1
    precision: float = Setup.precision
    n_draws: int = Setup.n_draws
    n_decays: int = Setup.n_decays
    n_rays: int = Setup.n_rays

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        ValueRangeError, MassRangeError
        """
        check_range(*self.masses)
        if self.seed < 0:
            raise ValueRangeError(f"--seed {self.seed} is negative; give 0 or more")
        for name in ("precision", "n_draws", "n_decays", "n_rays"):
            if not getattr(self, name) > 0:
                raise ValueRangeError(f"{name} = {getattr(self, name)} is not positive")


def build_setup(experiment: Experiment, options: Options) -> Setup:
    """Everything that the calculation at one mass needs.

    Raises
    ------
    UnknownNameError
        For a source, description, form factor or variation that does not exist.
    MassRangeError
        If no source or no decay is valid anywhere in the mass range.
    """
    options.check()
    facility = get_facility(experiment.facility)
    choice = choose(facility, options)
    sources = choice.sources
    exposure = collisions(facility, experiment.pot, experiment.lumi_fb)
    setup = Setup(
        experiment, vector_model(options), tuple(sources), exposure, options.seed,
        options.precision, options.n_draws, options.n_decays, options.n_rays,
        widths=() if options.hadrons else _widths(options),
        hadrons=imported_hadrons(options.hadrons), smearing=_smearing(experiment, options),
    )  # fmt: skip
    valid = (*VARIATIONS, *setup.variations)
    if options.variation not in valid:
        raise UnknownNameError("variation", options.variation, valid)
    _check_masses(setup, options)
    return setup


def _widths(options: Options) -> tuple[str, ...]:
    """Variations of the width, with the one that the main contour shows."""
    names = list(options.widths)
    return check_widths([*names, options.variation] if options.variation in WIDTHS else names)


@lru_cache(maxsize=64)
def choose(facility: Facility, options: Options) -> Choice:
    """Sources after preset and overlap policy."""
    names = options.sources
    if names is None and options.preset is None:
        names = DEFAULT_SOURCES
    elif names == ("all",):
        names = None  # everything that the facility has
    return choose_sources(
        facility, names, brem=options.brem, form_factors=options.form_factors,
        normalisation=options.normalisation, overlap=options.overlap, preset=options.preset,
        model=vector_model(options), nuclear=options.nuclear,
        spread=options.variation == "full" or options.variation.startswith("gen-"),
    )  # fmt: skip


def vector_model(options: Options) -> VectorModel:
    """Model with its scheme.

    Raises
    ------
    UnknownNameError, CardError, ValueRangeError
        The last where a dark sector makes invisible decays: N(epsilon) then has another form.
    """
    model = get_model(options.model).with_scheme(options.scheme)
    if model.dark is not None:
        raise ValueRangeError(
            f"{model.name} has invisible decays, whose width does not scale with epsilon^2; a reach or a rate needs a "
            "model without a dark sector"
        )
    return model


@lru_cache(maxsize=4)
def imported_hadrons(files: tuple[str, ...]) -> ImportedDecays | None:
    """Decays of files or folders; None without any."""
    from darkbeam.decays.imported import ImportedDecays  # only where it is asked for

    return ImportedDecays.read(*files) if files else None


def _smearing(experiment: Experiment, options: Options) -> bool:
    """Whether to smear; an experiment without resolutions cannot."""
    if options.smearing and experiment.smearing is None:
        raise ValueRangeError(
            f"{experiment.name} has no table [smearing] with its resolutions; --smearing needs a card that has one"
        )
    return options.smearing


def _check_masses(setup: Setup, options: Options) -> None:
    """The whole range must be inside the model, and some of it inside a source."""
    low, high, _ = options.masses
    first, last = setup.model.mass_range
    if low < first or high > last:
        message = f"masses {low:g} to {high:g} GeV are outside {setup.model.name}'s {first:g} to {last:g} GeV"
        raise MassRangeError(message)
    if not any(s.valid[0] < high and low < s.valid[1] for s in setup.sources):
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in setup.sources)
        raise MassRangeError(f"no source produces between {low:g} and {high:g} GeV; valid (GeV): {spans}")


def variation_name(options: Options, setup: Setup | JointSetup) -> str:
    """Variation that the main contour shows."""
    if options.variation in ("band", "full"):
        return "central"
    return variation_labels(setup.sources).get(options.variation, options.variation)


def make_card(experiment: Experiment, options: Options, setup: Setup) -> dict[str, Any]:
    """Everything that defines the result, JSON-serialisable."""
    facility = get_facility(experiment.facility)
    choice = choose(facility, options)
    return {
        "darkbeam": darkbeam.__version__,
        "model": asdict(setup.model),
        "experiment": experiment.card,
        "facility": asdict(facility),
        "tables": tables_fingerprint(facility.name, options.sources, options.hadrons),
        "collisions": setup.collisions,
        "sources": [s.name for s in setup.sources],
        "choices": {**choice.settings, "overlap": choice.overlap, "preset": choice.preset},
        "variations": list(setup.variations),
        "options": {f.name: _plain(getattr(options, f.name)) for f in fields(options)},
    }


def tables_fingerprint(facility: str, names: tuple[str, ...] | None, hadrons: tuple[str, ...] = ()) -> str:
    """Hash of every table, user flux and imported decay behind a result: a new table makes a new result."""
    digest = hashlib.sha256()
    data = resources.files("darkbeam.data")
    tables = [
        data.joinpath(kind, f"{facility}.npz")
        for kind in ("spectra", "mixing", "drell_yan", "quarkonium", "cascade", "generator_ratios")
    ]
    for table in (*tables, data.joinpath("decays", "hadronic_widths.npz")):
        if table.is_file():
            digest.update(table.read_bytes())
    for name in names or ():
        if is_user_flux(name):
            digest.update(Path(name.split(":", 1)[1]).read_bytes())
        elif is_measured(name):
            digest.update(measured_file(name).read_bytes())
    for path in map(Path, hadrons):
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _plain(value: Any) -> Any:  # a JSON value
    return list(value) if isinstance(value, tuple) else value
