"""Sources for vectors with any twelve charges.

Every source makes dark photons by itself.  `with_model` turns it into the source of another vector, per epsilon^2 with
charges in units of epsilon e, or refuses it by name:

    source                       other vectors
    meson:...                    ratio of quark-line amplitudes (`charged_mesons`)
    bremsstrahlung               isospin of the form factors (`darkbeam.hadrons.proton_isospin`); ``ua``: below 1.13 GeV
    mixing, mixing-old           theta_rho, theta_omega, theta_phi times c1, c0, cs; mixing-old has the rho alone
    drell-yan                    x_q^2, if generations couple alike; no mixing with the Z
    quarkonium:...               (x_c/Q_c)^2, (x_b/Q_b)^2
    shower:...                   x_e^2: electrons and positrons of photons that stay photons
    cascade:...                  as meson:...
    flux:FILE of mesons          as meson:...
    flux:FILE of dark photons    refused: their origin is not known
    measured dileptons           refused, unless labelled pairs were weighted for that vector (`dilepton fit --model`)
    sources with ``charged``     what that method returns
    anything else                refused

Wrapped sources (overlap policy, factors) are wrapped again.  The variation ``brem-saturated`` is dropped, because it
compares with lepton pairs of virtual photons, and SensCalc's conventions are for dark photons alone.  Charges of
leptons matter for electron sources only.

For the dark photon every source is returned as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.charged_mesons import ChargedMesonDecay
from darkbeam.production.charged_model import ElectronStrength, couplings_at, is_dark_photon
from darkbeam.production.drell_yan import DrellYan, same_in_generations
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.mixing import Mixing, MixingOld
from darkbeam.production.quarkonium import Quarkonium
from darkbeam.production.saturation import SaturatedBremsstrahlung
from darkbeam.production.user_flux import UserDarkPhotons
from darkbeam.production.weighted import LargerSource, WeightedSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.production.source import Source

__all__ = ["CHARGED_SOURCES", "Charged", "SourceModelError", "charged_sources", "vanishes", "with_model"]

CHARGED_SOURCES = (
    "meson",
    "bremsstrahlung",
    "mixing",
    "mixing-old",
    "drell-yan",
    "quarkonium",
    "cascade",
    "shower",
)
"""Names of sources and groups that make any vector."""
PROBES = 5
"""Masses at which `vanishes` looks."""


class SourceModelError(ValueRangeError):
    """A source that does not make the vector of a model."""

    def __init__(self, source: str, model: str, why: str) -> None:
        self.why = why
        valid = ", ".join(CHARGED_SOURCES)
        super().__init__(f"source {source} does not make {model} vectors ({why}); those that do: {valid}")


@runtime_checkable
class Charged(Protocol):
    """A source that knows how to make other vectors."""

    def charged(self, model: ChargedModel, /) -> Source:
        """Return the source of the vector of a model."""
        ...


@dataclass(frozen=True)
class IsovectorStrength:
    """c1(m)^2, the factor of a source that mixes with the rho alone."""

    model: ChargedModel

    def __call__(self, mass: float) -> float:
        """Return the factor at one mass (GeV)."""
        return couplings_at(self.model, mass).c1 ** 2


def with_model(source: Source, model: ChargedModel | None) -> Source:
    """Return the source of the vector of a model.

    Parameters
    ----------
    source : Source
        Of dark photons.
    model : ChargedModel or None
        None and the dark photon itself give the source back.

    Raises
    ------
    SourceModelError
        If the source cannot make this vector.

    Examples
    --------
    >>> from darkbeam.models.charges import Charges
    >>> from darkbeam.models.vector import VectorModel
    >>> from darkbeam.production.quarkonium import quarkonium_sources
    >>> upsilon = quarkonium_sources("SPS")[2]
    >>> baryonic = with_model(upsilon, VectorModel("beauty", Charges(b=1.0)))
    >>> round(baryonic.total(9.46) / upsilon.total(9.46), 9)
    9.0
    """
    return source if model is None or is_dark_photon(model) else _charged(source, model)


@singledispatch
def _charged(source: Source, model: ChargedModel) -> Source:
    """Return the source of another vector; refuse what is not registered below."""
    if isinstance(source, Charged):
        return source.charged(model)
    inner = getattr(source, "source", None)
    if isinstance(inner, MesonDecay):
        return _inside(source, model)
    if source.name.startswith("shower:"):
        return WeightedSource(source, ElectronStrength(model))
    why = "made for dark photons; how its vectors couple is not known"
    raise SourceModelError(source.name, model.name, why)


@_charged.register(Bremsstrahlung)
@_charged.register(Mixing)
@_charged.register(Quarkonium)
def _by_field(source: Bremsstrahlung | Mixing | Quarkonium, model: ChargedModel) -> Source:
    return replace(source, model=model)


@_charged.register(DrellYan)
def _drell_yan(source: DrellYan, model: ChargedModel) -> Source:
    low, high = source.valid
    # loops run with the mass in proportion to Q, which is the same in all generations
    if not all(same_in_generations(model.charges_at(m)) for m in (1.01 * low, 0.99 * high)):
        why = "its tables add u and c, and d, s and b, whose charges differ here"
        raise SourceModelError(source.name, model.name, why)
    return replace(source, model=model)


@_charged.register(MesonDecay)
def _meson_decay(source: MesonDecay, model: ChargedModel) -> Source:
    values = {f.name: getattr(source, f.name) for f in fields(source)}
    return ChargedMesonDecay(**(values | {"model": model}))


@_charged.register(MixingOld)
def _mixing_old(source: MixingOld, model: ChargedModel) -> Source:
    return WeightedSource(source, IsovectorStrength(model))


@_charged.register(SaturatedBremsstrahlung)
def _saturated(source: SaturatedBremsstrahlung, model: ChargedModel) -> Source:
    return _charged(source.source, model)


@_charged.register(LargerSource)
def _larger(source: LargerSource, model: ChargedModel) -> Source:
    return LargerSource(tuple(_charged(s, model) for s in source.sources))


@_charged.register(WeightedSource)
def _inside(source: Any, model: ChargedModel) -> Source:
    changed: Source = replace(source, source=_charged(source.source, model))
    return changed


def vanishes(source: Source) -> bool:
    """Whether a source makes nothing at all, e.g. pi0 -> gamma X of a protophobic vector."""
    low, high = source.valid
    for mass in np.geomspace(low, high, PROBES + 2)[1:-1]:
        try:
            if source.total(float(mass)) > 0.0:
                return False
        except MassRangeError:
            continue
    return True


def _something(source: Source, model: ChargedModel) -> Source:
    if vanishes(source):
        raise SourceModelError(source.name, model.name, "its amplitude vanishes for these charges")
    return source


def charged_sources(
    sources: Iterable[Source], model: ChargedModel | None, named: frozenset[str] = frozenset()
) -> tuple[list[Source], tuple[str, ...]]:
    """Return the sources of a vector, and notes about those left out.

    Parameters
    ----------
    sources : iterable of Source
        Of dark photons, before the overlap policy.
    model : ChargedModel or None
    named : frozenset of str
        Sources that the user asked for one by one.

    Raises
    ------
    SourceModelError
        If a source in ``named`` does not make this vector, or if none does.
    """
    everything = list(sources)
    if model is None or is_dark_photon(model):
        return everything, ()
    kept: list[Source] = []
    notes: list[str] = []
    refused: dict[str, str] = {}
    for source in everything:
        try:
            made = _something(with_model(source, model), model)
            kept.append(made)
            if made.valid[1] < source.valid[1]:
                notes.append(
                    f"{made.name} of {model.name} vectors ends at {made.valid[1]:g} GeV: the isospin of the form "
                    "factors is not known above; '--brem baseline' has no such limit"
                )
        except SourceModelError as error:
            if source.name in named or isinstance(source, UserDarkPhotons):  # files are asked for by name
                raise
            refused[source.name] = error.why
    if not kept:
        why = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise SourceModelError(", ".join(refused), model.name, why)
    notes += [f"{name} left out for {model.name}: {why}" for name, why in refused.items()]
    return kept, tuple(notes)
