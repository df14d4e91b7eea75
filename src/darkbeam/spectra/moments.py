"""What a generator sample says about itself, computed from its mesons without any table.

The yields are numbers of A' per inelastic collision inside a solid angle if every meson decayed to an A'
(branching ratio 1), so they test the spectra and not the couplings; their masses are chosen well inside the
range where the channel matters: pi0 -> gamma A' at 0.05 GeV, eta -> gamma A' at 0.2 GeV and omega -> pi0 A'
at 0.4 GeV.  Every error is the scatter of the 20 generator blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_PI0
from darkbeam.kinematics import boost_from_rest, two_body_rest

from .build import sample_momenta
from .cones import cones_of
from .settings import generator_settings
from .species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .generator import Block

__all__ = ["YIELD_CASES", "describe_sample"]

YIELD_CASES = (("pi0", 0.05, 0.0), ("eta", 0.2, 0.0), ("omega", 0.4, M_PI0))
"""Mother, mass of the A' and mass of the other product, GeV."""
_DECAYS = 4
"""Decays of each meson of the sample."""
_WIDE = (0.1, 1.0)
"""Polar angles, rad, of the large-angle moments."""


def _mean_error(values: Sequence[float]) -> tuple[float, float]:
    v = np.asarray(values)
    return float(v.mean()), float(v.std(ddof=1) / np.sqrt(len(v)))


def _species_moments(facility: Facility, name: str, blocks: Sequence[Block]) -> dict[str, Any]:
    species = SPECIES[name]
    columns: dict[str, list[float]] = {
        key: [] for key in ("multiplicity", "mean_p_GeV", "mean_pT_GeV", "share_wide", "mean_p_wide_GeV")
    }
    hardest: list[NDArray[np.float64]] = []
    # a collider sample holds |pz| of both hemispheres, and the window is forward
    share = 0.5 if facility.collider else 1.0
    for block in blocks:
        pt, pz = sample_momenta(facility, species, block)
        p, theta = np.hypot(pt, pz), np.arctan2(pt, pz)
        wide = (theta > _WIDE[0]) & (theta < _WIDE[1])
        columns["multiplicity"].append(len(p) / block.n_events)
        columns["mean_p_GeV"].append(float(p.mean()))
        columns["mean_pT_GeV"].append(float(pt.mean()))
        columns["share_wide"].append(share * float(wide.mean()))
        columns["mean_p_wide_GeV"].append(float(p[wide].mean()))
        hardest.append(p)
    ordered = np.sort(np.concatenate(hardest))
    moments: dict[str, Any] = {"pdg": list(species.pdg), "mass_GeV": species.mass, "n_raw": len(ordered)}
    for key, values in columns.items():
        moments[key], moments[f"{key}_error"] = _mean_error(values)
    moments["p_GeV_of_hardest"] = {
        f"{share:g}": float(ordered[-max(round(share * len(ordered)), 1)]) for share in (0.1, 0.01, 1e-3)
    }
    anti = sum(b.n_anti[name] for b in blocks)
    moments["share_antiparticles"] = anti / sum(b.momenta[name].shape[1] for b in blocks)
    return moments


def _yields(
    facility: Facility, case: tuple[str, float, float], blocks: Sequence[Block], rng: np.random.Generator
) -> dict[str, Any]:
    name, mass, other = case
    species, cones = SPECIES[name], cones_of(facility)
    values: dict[str, list[float]] = {cone.name: [] for cone in cones}
    for block in blocks:
        pt, pz = sample_momenta(facility, species, block)
        mother = np.stack([np.sqrt(species.mass**2 + pt * pt + pz * pz), pt, np.zeros_like(pt), pz])
        sums = dict.fromkeys(values, 0.0)
        for _ in range(_DECAYS):
            cos_theta, phi = rng.uniform(-1.0, 1.0, len(pt)), rng.uniform(0.0, 2.0 * np.pi, len(pt))
            rest, _ = two_body_rest(species.mass, mass, other, cos_theta, phi)
            energy, px, py, pz_dark = boost_from_rest(rest, mother, species.mass)
            theta = np.arctan2(np.hypot(px, py), pz_dark)
            for cone in cones:
                inside = cone.accepts(energy, theta)
                if facility.collider:
                    inside = 0.5 * (inside + cone.accepts(energy, np.pi - theta))
                sums[cone.name] += float(inside.sum())
        for key, total in sums.items():
            values[key].append(total / (_DECAYS * block.n_events))
    result: dict[str, Any] = {"mass_GeV": mass}
    for cone in cones:
        mean, error = _mean_error(values[cone.name])
        result[cone.name] = {"yield": mean, "error": error, "energy_min_GeV": cone.energy_min}
    return result


def describe_sample(facility: Facility, blocks: Sequence[Block], generator: str, seed: int) -> dict[str, Any]:
    """Moments, yields and provenance of a sample.

    Parameters
    ----------
    facility : Facility
    blocks : sequence of Block
    generator : str
        Name and version.
    seed : int
        Seed of the decays behind the yields.

    Returns
    -------
    dict
        Contents of the JSON file that accompanies the table.
    """
    rng = np.random.default_rng([seed, len(blocks)])
    return {
        "facility": facility.name,
        "description": facility.description,
        "generator": generator,
        "settings": list(generator_settings(facility)),
        "seeds": [b.seed for b in blocks],
        "n_events": sum(b.n_events for b in blocks),
        "n_failed": sum(b.n_failed for b in blocks),
        "sigma_gen_mb": float(np.mean([b.sigma_mb for b in blocks])),
        "normalisation": "per inelastic collision",
        "hemispheres": "folded" if facility.collider else "as generated",
        "species": {name: _species_moments(facility, name, blocks) for name in SPECIES},
        "yields_per_branching": {case[0]: _yields(facility, case, blocks, rng) for case in YIELD_CASES},
    }
