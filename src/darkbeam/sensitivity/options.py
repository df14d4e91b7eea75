"""Options of a calculation, and the card that reproduces it.

The card is one JSON-serialisable dictionary: experiment, model, sources, variations, masses, settings, seed and
version.  Its hash names cached results and guards output folders.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any

import darkbeam
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models import DarkPhoton
from darkbeam.models.dark_photon import MASS_RANGE
from darkbeam.production import make_sources, variation_labels
from darkbeam.production.exposure import collisions
from darkbeam.sensitivity.masses import DEFAULT_MASSES, check_range
from darkbeam.sensitivity.setup import Setup

if TYPE_CHECKING:
    from darkbeam.experiments import Experiment

__all__ = ["Options", "build_setup", "make_card"]

VARIATIONS = ("band", "central", "lower", "upper")


@dataclass(frozen=True)
class Options:
    """What a user can choose beside the experiment.

    Attributes
    ----------
    sources : tuple of str
        Names of sources, or of groups of them (``meson``).
    brem : {"fr", "baseline", "ap"}
        Description of proton bremsstrahlung.
    form_factors : {"default", "vmd", "none"}
        Transition form factors of the meson decays.
    normalisation : {"inelastic", "all"}
        Yields per inelastic collision, or averaged over elastic ones too as some tools do.
    variation : str
        ``band`` (central with all variations), ``central``, ``lower``, ``upper`` or the name of a variation.
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

    sources: tuple[str, ...] = ("meson", "bremsstrahlung")
    brem: str = "fr"
    form_factors: str = "default"
    normalisation: str = "inelastic"
    variation: str = "band"
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
    sources = make_sources(
        facility, options.sources, brem=options.brem, form_factors=options.form_factors,
        normalisation=options.normalisation,
    )  # fmt: skip
    exposure = collisions(facility, experiment.pot, experiment.lumi_fb)
    setup = Setup(
        experiment, DarkPhoton(), tuple(sources), exposure, options.seed,
        options.precision, options.n_draws, options.n_decays, options.n_rays,
    )  # fmt: skip
    valid = (*VARIATIONS, *setup.variations)
    if options.variation not in valid:
        raise UnknownNameError("variation", options.variation, valid)
    _check_masses(setup, options)
    return setup


def _check_masses(setup: Setup, options: Options) -> None:
    """The whole range must be inside the model, and some of it inside a source."""
    low, high, _ = options.masses
    first, last = MASS_RANGE
    if low < first or high > last:
        message = f"masses {low:g} to {high:g} GeV are outside the dark photon's {first:g} to {last:g} GeV"
        raise MassRangeError(message)
    if not any(s.valid[0] < high and low < s.valid[1] for s in setup.sources):
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in setup.sources)
        raise MassRangeError(f"no source produces between {low:g} and {high:g} GeV; valid (GeV): {spans}")


def variation_name(options: Options, setup: Setup) -> str:
    """Variation that the main contour shows."""
    if options.variation == "band":
        return "central"
    return variation_labels(setup.sources).get(options.variation, options.variation)


def make_card(experiment: Experiment, options: Options, setup: Setup) -> dict[str, Any]:
    """Everything that defines the result, JSON-serialisable."""
    facility = get_facility(experiment.facility)
    return {
        "darkbeam": darkbeam.__version__,
        "model": {"name": "dark-photon"},
        "experiment": experiment.card,
        "facility": asdict(facility),
        "spectra": spectra_fingerprint(facility.name),
        "collisions": setup.collisions,
        "sources": [s.name for s in setup.sources],
        "variations": list(setup.variations),
        "options": {f.name: _plain(getattr(options, f.name)) for f in fields(options)},
    }


def spectra_fingerprint(facility: str) -> str:
    """Hash of the meson table of a facility: a new table makes new results."""
    table = resources.files("darkbeam.data").joinpath("spectra", f"{facility}.npz")
    return hashlib.sha256(table.read_bytes()).hexdigest()[:16]


def _plain(value: Any) -> Any:  # a JSON value
    return list(value) if isinstance(value, tuple) else value
