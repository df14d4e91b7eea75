"""From fragmentation blocks to the tables of `darkbeam.spectra.mixing`, and what the sample says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_P

from .build import build_table, light_cone_log
from .cones import cones_of
from .generator import Block
from .mixing import MixingSpectra, NodeTables
from .mixing_flavour import DOWN, UP
from .mixing_generator import NODES, insertion, light_factor, mixing_settings
from .species import N_BLOCKS, Species
from .spectrum import MesonSpectrum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .mixing_generator import FragmentationBlock
    from .spectrum import Table

__all__ = ["build_mixing", "describe_mixing"]

_N_Z = 160
_N_PT, _FINE = 28, 4
N_LEAST = 1000
"""Raw mesons without which there is no table of a mass, as in `darkbeam.spectra.build`."""
_MASSES_LEAST = NODES.index(1.4) + 1
"""Masses that a table has at least."""
_Z_LOW = -8.0
"""Lowest node in the logit z of the rank."""
_STRIPS = (0.9, 0.5, 0.2, 0.07, 0.02)
"""Survivals that divide the mesons into strips."""
_CELL_V = np.array([0.25, 0.5, 0.75])

Sample = list["NDArray[np.float64]"]


def _sample(facility: Facility, blocks: Sequence[FragmentationBlock], mass: float) -> Sample:
    """(pT, pz, flavour) of the light mesons of each block; at a collider |pz|."""
    k = NODES.index(mass)
    parts = [b.light[k].astype(np.float64) for b in blocks]
    if facility.collider:
        parts = [np.stack([p[0], np.abs(p[1]), p[2]]) for p in parts]
    return parts


def _species(mass: float) -> Species:
    return Species("light", (), mass, 2.0 * M_P)


def _spectrum(facility: Facility, mass: float, parts: Sample) -> MesonSpectrum:
    """Spectrum of one mass on its own grid."""
    species = _species(mass)
    momenta = [{species.name: p[:2].astype(np.float32)} for p in parts]
    blocks = [Block(k, 1, 0, 0.0, p, {species.name: 0}) for k, p in enumerate(momenta)]
    return MesonSpectrum(facility, species, build_table(facility, species, blocks))


def _strips(facility: Facility, species: Species, parts: Sample) -> list[tuple[NDArray[np.float64], ...]]:
    """(ln x, pT, flavour, block) of the mesons of each strip, softest first."""
    block = np.repeat(np.arange(float(len(parts))), [p.shape[1] for p in parts])
    pt, pz, flavour = np.concatenate(parts, axis=1)
    lnx = light_cone_log(facility, species, pt, pz)
    order = np.argsort(lnx, kind="stable")
    cuts = np.rint(len(lnx) * (1.0 - np.array(_STRIPS))).astype(np.int64)
    return [(lnx[i], pt[i], flavour[i], block[i]) for i in np.split(order, cuts)]


def _cells(strips: list[tuple[NDArray[np.float64], ...]]) -> NDArray[np.int64]:
    rows = []
    for _, pt, _, block in strips:
        quarter = np.searchsorted(np.quantile(pt, _CELL_V), pt)
        flat = quarter * N_BLOCKS + block.astype(np.int64)
        rows.append(np.bincount(flat, minlength=(len(_CELL_V) + 1) * N_BLOCKS).reshape(-1, N_BLOCKS))
    return np.concatenate(rows)


@dataclass(frozen=True)
class _Grids:
    """Ranks that all tables of a facility have in common: survival where the tail starts, logits z, w."""

    s_c: float
    z: NDArray[np.float64]
    pt_z: NDArray[np.float64]
    pt_w: NDArray[np.float64]


def _common_grids(tables: Sequence[Table]) -> _Grids:
    s_c = min(float(t.tail[0]) for t in tables)
    z = np.linspace(_Z_LOW, np.log(1.0 / s_c - 1.0), _N_Z)
    pt_z = np.linspace(max(t.pt_z[0] for t in tables), max(t.pt_z[-1] for t in tables), _N_PT * _FINE)
    return _Grids(s_c, z, pt_z, tables[0].pt_w)


def _node_tables(spectra: Sequence[MesonSpectrum], samples: Sequence[Sample], grids: _Grids) -> NodeTables:
    """Evaluate the spectra of all masses on the common grids."""
    survival = 1.0 / (1.0 + np.exp(grids.z))
    lnx = np.stack([np.log(s.x(survival)) for s in spectra])
    tails = [[grids.s_c, np.exp(a[-1]), *s.table.tail[2:]] for s, a in zip(spectra, lnx, strict=True)]
    s, v = np.meshgrid(1.0 / (1.0 + np.exp(grids.pt_z)), -np.expm1(-grids.pt_w), indexing="ij")
    # the bins of one mass are noisy: averages over neighbouring ranks, not values at single ranks
    pt = [f.pt(s.ravel(), v.ravel()).reshape(_N_PT, _FINE, -1) for f in spectra]
    strips = [_strips(f.facility, f.species, p) for f, p in zip(spectra, samples, strict=True)]
    return NodeTables(
        mass=np.array([f.mass for f in spectra]),
        z_range=grids.z[[0, -1]],
        lnx=lnx,
        tail=np.array(tails),
        tail_block=np.stack([f.table.tail_block for f in spectra]),
        pt_z=grids.pt_z.reshape(_N_PT, _FINE).mean(axis=1),
        pt_w=grids.pt_w,
        pt2=np.square(np.stack(pt)).mean(axis=2),
        cell_z=np.log(1.0 / np.array(_STRIPS) - 1.0),
        cell_w=-np.log1p(-_CELL_V),
        n_block=np.stack([_cells(part) for part in strips]),
    )


def _rates(facility: Facility, blocks: Sequence[FragmentationBlock]) -> dict[str, NDArray[np.float64]]:
    """Mesons per collision at each mass from each block: one of rho0 and omega, and phi (not below 1 / sample)."""
    passes = np.array([b.n_passes for b in blocks], dtype=np.float64).T
    light = np.array([[a.shape[1] for a in b.light] for b in blocks]).T * light_factor(facility)
    strange = np.array([[a.shape[1] for a in b.strange] for b in blocks]).T.astype(np.float64)
    strange[strange.sum(axis=1) == 0.0] = 1.0 / len(blocks)
    return {"light": light / passes, "strange": strange / passes}


def build_mixing(
    facility: Facility, blocks: Sequence[FragmentationBlock], phi: MesonSpectrum
) -> MixingSpectra:
    """Build the tables of a facility, up to the last mass of which the sample holds enough mesons.

    Parameters
    ----------
    facility : Facility
    blocks : sequence of FragmentationBlock
        `N_BLOCKS` blocks.
    phi : MesonSpectrum
        Spectrum of the phi of the meson table.

    Raises
    ------
    ValueRangeError
        If the sample holds too few mesons at one of the first masses.
    """
    masses = _usable_masses(blocks)
    samples = [_sample(facility, blocks, m) for m in masses]
    spectra = [_spectrum(facility, m, parts) for m, parts in zip(masses, samples, strict=True)]
    tables = _node_tables(spectra, samples, _common_grids([s.table for s in spectra]))
    lnx, asymmetry = _asymmetry(facility, masses, samples)
    rates = {kind: rate[: len(masses)] for kind, rate in _rates(facility, blocks).items()}
    return MixingSpectra(facility, tables, phi, rates, lnx, asymmetry)


def _usable_masses(blocks: Sequence[FragmentationBlock]) -> tuple[float, ...]:
    counts = [sum(b.light[k].shape[1] for b in blocks) for k in range(len(NODES))]
    enough = [n >= N_LEAST for n in counts]
    return NODES[: max(enough.index(False) if False in enough else len(NODES), _MASSES_LEAST)]


def _asymmetry(
    facility: Facility, masses: Sequence[float], samples: Sequence[Sample]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median ln x of each strip and (N_uu - N_dd)/(N_uu + N_dd) in it, at each mass."""
    lnx, asymmetry = [], []
    for mass, parts in zip(masses, samples, strict=True):
        strips = _strips(facility, _species(mass), parts)
        up, down = (np.array([np.sum(flavour == f) for _, _, flavour, _ in strips]) for f in (UP, DOWN))
        lnx.append([np.median(s[0]) for s in strips])
        asymmetry.append((up - down) / np.maximum(up + down, 1))
    return np.array(lnx), np.array(asymmetry)


def _mean_error(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _node_summary(
    facility: Facility, parts: Sample, mass: float, rate: NDArray[np.float64]
) -> dict[str, Any]:
    """Moments of the light mesons at one mass, and how many of them go into solid angles."""
    row: dict[str, Any] = {"mass_GeV": mass, "n_raw": sum(p.shape[1] for p in parts)}
    values: dict[str, list[float]] = {}
    for part, n in zip(parts, rate, strict=True):
        pt, pz, flavour = part
        energy, theta = np.sqrt(mass**2 + pt * pt + pz * pz), np.arctan2(pt, pz)
        values.setdefault("mean_p_GeV", []).append(float(np.hypot(pt, pz).mean()))
        values.setdefault("mean_pT_GeV", []).append(float(pt.mean()))
        values.setdefault("share_flavour_unknown", []).append(float((flavour == 0).mean()))
        for cone in cones_of(facility):
            inside = cone.accepts(energy, theta).mean() * (0.5 if facility.collider else 1.0)
            values.setdefault(f"yield_{cone.name}", []).append(float(n * inside))
    values["multiplicity"] = list(rate)
    for key, column in values.items():
        row[key], row[f"{key}_error"] = _mean_error(np.array(column))
    return row


def _strange_summary(
    blocks: Sequence[FragmentationBlock], k: int, rate: NDArray[np.float64]
) -> dict[str, Any]:
    """Rate and moments of the s sbar mesons at one mass."""
    row: dict[str, Any] = {"mass_GeV": NODES[k], "n_raw": sum(b.strange[k].shape[1] for b in blocks)}
    row["multiplicity"], row["multiplicity_error"] = _mean_error(rate)
    if min(b.strange[k].shape[1] for b in blocks) > 0:
        momenta = [b.strange[k].astype(np.float64) for b in blocks]
        p = np.array([np.hypot(a[0], a[1]).mean() for a in momenta])
        pt = np.array([a[0].mean() for a in momenta])
        row["mean_p_GeV"], row["mean_p_GeV_error"] = _mean_error(p)
        row["mean_pT_GeV"], row["mean_pT_GeV_error"] = _mean_error(pt)
    return row


def describe_mixing(
    facility: Facility, blocks: Sequence[FragmentationBlock], generator: str, *, isr: bool = True
) -> dict[str, Any]:
    """Rates, moments and provenance of a sample: the contents of the JSON file beside the table."""
    rates = _rates(facility, blocks)
    light, strange = [], []
    for k, mass in enumerate(_usable_masses(blocks)):
        parts = _sample(facility, blocks, mass)
        light.append(_node_summary(facility, parts, mass, rates["light"][k]))
        strange.append(_strange_summary(blocks, k, rates["strange"][k]))
    return {
        "facility": facility.name,
        "description": facility.description,
        "generator": generator,
        "settings": list(mixing_settings(facility, isr=isr)),
        "isr": isr,
        "insertion_weight": insertion(facility),
        "seeds": [b.seed for b in blocks],
        "n_events": sum(b.n_events for b in blocks),
        "n_hadronisations": [sum(b.n_passes[k] for b in blocks) for k in range(len(NODES))],
        "n_failed": sum(b.n_failed for b in blocks),
        "sigma_gen_mb": float(np.mean([b.sigma_mb for b in blocks])),
        "normalisation": "one vector meson (rho0 or omega, and phi) per inelastic collision, from the string",
        "hemispheres": "folded" if facility.collider else "as generated",
        "light": light,
        "strange": strange,
    }
