r"""Transport of the measured photons to another beam energy or target: ratios of generators only.

With v = y*/y_max(m), y_max = arccosh[(s + m^2)/(2 sqrt(s) m)], which runs from -1 to 1 at every energy,

    w(m, pT, v) = f_MC(m, pT, v; E_2) / f_MC(m, pT, v; E_1)

multiplies each measured point, which moves to the same v and pT at E_2 (pT is cut at 98 % of the limit).  f_MC are the
photons of `darkbeam.production`, meson decays and mixing, per inelastic collision: absolute yields that are common to
E_1 and E_2 drop out.  A nucleus A_2 instead of A_1 adds (A_2/A_1)^(alpha(x_F, pT) - 0.71) of
`darkbeam.production.nuclear`.

Ratios are made at masses 3 % apart and used at the nearest, in 12 cells in v and 6 in pT, at quantiles of f_MC(E_1).
Variations ``dilepton-transport-NAME``: the ratio of another tune or generator known at both energies; their spread is
the error.  Valid where a generator source is: below some 3 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.sample import energy_limit, lab_shift
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.nuclear import INELASTIC, NuclearTarget
from darkbeam.production.source import Flux
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.facilities import Facility
    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["Transport", "transport_to"]

CELLS = (12, 6)
DRAWS = 40000
_EDGE = 0.98
STEP = 0.03
"""Distance in ln m of the masses at which ratios are made."""
_PREFIX = "dilepton-transport-"


@dataclass(frozen=True)
class Cells:
    """Ratios of one mass, by variation, in cells of v and pT."""

    v: Array
    pt: Array
    ratios: Mapping[str, Array]

    def of(self, v: Array, pt: Array) -> NDArray[np.int64]:
        """Cell of each point."""
        i = np.searchsorted(self.v, v, side="right")
        j = np.searchsorted(self.pt, pt, side="right")
        return np.asarray(i * CELLS[1] + j)


@dataclass(frozen=True)
class Transport:
    """From the beam of the data to another.

    Attributes
    ----------
    beam, to : str
        Facilities E_1 and E_2.
    first, second : tuple of Source
        Generator sources at E_1 and E_2, the same kinds in the same order.
    nuclei : tuple of float
        A_1 and A_2.
    """

    beam: str
    to: str
    first: tuple[Source, ...]
    second: tuple[Source, ...]
    nuclei: tuple[float, float] = (1.0, 1.0)
    _cells: dict[float, Cells] = field(default_factory=dict, repr=False, compare=False)
    _factors: dict[tuple[float, str], float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Alternatives that both energies have."""
        both = {v for s in self.first for v in s.variation_names} & {
            v for s in self.second for v in s.variation_names
        }
        return tuple(sorted(_PREFIX + v.removeprefix("gen-") for v in both if v.startswith("gen-")))

    def _points(
        self, sources: tuple[Source, ...], facility: Facility, mass: float
    ) -> tuple[Array, Array, Flux]:
        """v, pT and the joined fluxes of the generator."""
        from darkbeam.dilepton.below import joined

        here = [s for s in sources if s.valid[0] < mass < s.valid[1]]
        rates = [s.total(mass) for s in here]
        if not sum(rates) > 0.0:
            raise MassRangeError(
                f"no generator source of {facility.name} makes photons of {mass:g} GeV to transport"
            )
        rng = stream(0, f"dilepton/transport/{facility.name}")
        parts = [
            s.flux(mass, max(int(DRAWS * r / sum(rates)), 20), rng) for s, r in zip(here, rates, strict=True)
        ]
        flux = joined(parts)
        names = {v for p in parts for v in p.variations}
        flux = Flux(
            mass, flux.energy, flux.theta, flux.weight, flux.block, flux.mother,
            {v: np.concatenate([p.weights(v) for p in parts]) for v in names},
        )  # fmt: skip
        return *_scaled(flux, facility), flux

    def cells(self, mass: float) -> Cells:
        """Ratios at one mass (GeV), kept."""
        if mass not in self._cells:
            (v1, p1, f1), (v2, p2, f2) = (
                self._points(s, get_facility(b), mass)
                for s, b in ((self.first, self.beam), (self.second, self.to))
            )
            edges = [_quantiles(x, f1.weight, n) for x, n in ((v1, CELLS[0]), (p1, CELLS[1]))]
            empty = Cells(edges[0], edges[1], {})
            size = CELLS[0] * CELLS[1]
            ratios = {}
            for name in ("central", *self.variation_names):
                inner = "gen-" + name.removeprefix(_PREFIX)
                below, above = (
                    np.bincount(empty.of(v, p), f.weights(inner), size)
                    for v, p, f in ((v1, p1, f1), (v2, p2, f2))
                )
                ratios[name] = above / np.maximum(below, 1e-6 * below.sum())
            self._cells[mass] = Cells(edges[0], edges[1], ratios)
        return self._cells[mass]

    def move(self, mass: Array, pt: Array, y: Array) -> tuple[Array, Array, dict[str, Array]]:
        """Transverse momenta (GeV) and lab rapidities at the other energy, and the ratios by variation.

        Parameters
        ----------
        mass, pt, y : arrays, shape (n,)
            Measured photons, GeV, lab rapidity.
        """
        here, there = get_facility(self.beam), get_facility(self.to)
        v = (y - lab_shift(here)) / np.arccosh(energy_limit(mass, here) / mass)
        nuclear = self._nuclear(v, pt)
        node = np.exp(STEP * np.round(np.log(mass) / STEP))
        ratios = {name: nuclear.copy() for name in ("central", *self.variation_names)}
        for m in np.unique(node).tolist():
            same = node == m
            cells = self.cells(m)
            cell = cells.of(v[same], pt[same])
            for name, ratio in ratios.items():
                ratio[same] *= cells.ratios[name][cell]
        limit = energy_limit(mass, there)
        new = np.clip(v, -_EDGE, _EDGE) * np.arccosh(limit / mass)
        largest = np.sqrt(np.maximum((limit / np.cosh(new)) ** 2 - mass**2, 0.0))
        return np.minimum(pt, _EDGE * largest), new + lab_shift(there), ratios

    def apply(self, flux: Flux, beam: str) -> Flux:
        """Points at the other energy, with weights of all variations.

        Raises
        ------
        ValueRangeError
            The points are not of the beam that this transport starts from.
        """
        if beam != self.beam:
            raise ValueRangeError(f"this transport starts from {self.beam}, the data are of {beam}")
        pt, pz = flux.momentum * np.sin(flux.theta), flux.momentum * np.cos(flux.theta)
        mass = np.full(pt.size, flux.mass)
        pt, y, ratios = self.move(mass, pt, np.arcsinh(pz / np.hypot(mass, pt)))
        across = np.hypot(mass, pt)
        variations = {k: w * ratios["central"] for k, w in flux.variations.items()}
        variations |= {name: flux.weight * ratios[name] for name in self.variation_names}
        return Flux(
            flux.mass, across * np.cosh(y), np.arctan2(pt, across * np.sinh(y)), flux.weight * ratios["central"],
            flux.block, flux.mother, variations, (*flux.notes, self.note),
        )  # fmt: skip

    @property
    def note(self) -> str:
        """What the user should read."""
        return f"measured at {self.beam}, moved to {self.to} by a ratio of generators"

    def _nuclear(self, v: Array, pt: Array) -> Array:
        """(A_2/A_1)^(alpha - 0.71); x_F is taken as sinh of the scaled rapidity over that at the limit."""
        one, two = self.nuclei
        if one == two:
            return np.ones_like(v)
        y_max = np.arccosh(0.5 * get_facility(self.beam).sqrt_s)
        x_f = np.sinh(v * y_max) / np.sinh(y_max)
        alpha = NuclearTarget(max(one, two)).exponent(x_f, pt)
        return np.asarray((two / one) ** (alpha - INELASTIC))

    def factor(self, source: OffShellPhoton, mass: float, variation: str = "central") -> float:
        """Ratio of the yields after and before, with the measured kinematics."""
        name = variation if variation in self.variation_names else "central"
        if (mass, name) not in self._factors:
            m = np.full(DRAWS, mass)
            _, _, ratios = self.move(m, *source.model.sample(m, stream(0, "dilepton/transport/factor")))
            for key, ratio in ratios.items():
                self._factors[mass, key] = float(np.mean(ratio))
        return self._factors[mass, name]


def _scaled(flux: Flux, facility: Facility) -> tuple[Array, Array]:
    """V and pT (GeV) of points in the lab."""
    pt, pz = flux.momentum * np.sin(flux.theta), flux.momentum * np.cos(flux.theta)
    y = np.arcsinh(pz / np.hypot(flux.mass, pt)) - lab_shift(facility)
    limit = np.arccosh(float(energy_limit(flux.mass, facility)) / flux.mass)
    return np.asarray(y / limit), np.asarray(pt)


def _quantiles(x: Array, weight: Array, n: int) -> Array:
    """Inner edges of n cells of equal weight."""
    order = np.argsort(x, kind="stable")
    cumulative = np.cumsum(weight[order])
    return np.asarray(np.interp(np.arange(1, n) / n * cumulative[-1], cumulative, x[order]))


def transport_to(beam: str, to: str, nuclei: tuple[float, float] = (1.0, 1.0)) -> Transport:
    """Transport between two facilities with shipped meson spectra.

    Parameters
    ----------
    beam, to : str
        Facilities of the data and of the prediction.
    nuclei : tuple of float
        Mass numbers of the target of the data and of that of the prediction.

    Raises
    ------
    UnknownNameError
    """
    names = get_facility(beam).name, get_facility(to).name
    return Transport(*names, _generator(names[0]), _generator(names[1]), nuclei)


def _generator(facility: str) -> tuple[Source, ...]:
    """Meson decays with their generators, and mixing."""
    from darkbeam.production.mesons import meson_sources
    from darkbeam.production.mixing import mixing_source

    return (*meson_sources(facility, spread=True), mixing_source(facility))
