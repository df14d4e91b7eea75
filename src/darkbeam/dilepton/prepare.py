"""From a file and its card to a corrected, normalised sample: all corrections in order.

Read and check; efficiency; like-sign pairs; templates; the line eta -> mu mu (BR 5.8e-6, Particle Data Group);
final-state radiation; normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_ETA
from darkbeam.dilepton.below import measured_etas
from darkbeam.dilepton.card import DileptonCard, normalised
from darkbeam.dilepton.corrections import (
    CELLS,
    Subtracted,
    averaged,
    born_masses,
    like_sign,
    line_template,
    subtract,
)
from darkbeam.dilepton.efficiency import efficiency_of, unfold
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.readers import read_sample
from darkbeam.dilepton.resolution import relative_resolution
from darkbeam.dilepton.vectors import constant_charges, for_vector
from darkbeam.errors import ValueRangeError
from darkbeam.production.charged_model import is_dark_photon
from darkbeam.rng import stream

if TYPE_CHECKING:
    from pathlib import Path

    from darkbeam.dilepton.sample import DileptonSample
    from darkbeam.models.charges import Charges
    from darkbeam.production.charged_model import ChargedModel

__all__ = ["ETA_TO_MUONS", "Prepared", "prepare"]

ETA_TO_MUONS = 5.8e-6
"""Branching ratio of eta -> mu mu (Particle Data Group)."""


@dataclass(frozen=True)
class Prepared:
    """Corrected sample, its card, and what a person should know.

    Attributes
    ----------
    sample : DileptonSample
    card : DileptonCard
    notes : tuple of str
    vector : tuple of (str, Charges), or None
        Name and charges of the vector that the pairs are weighted for; None is the dark photon.
    """

    sample: DileptonSample
    card: DileptonCard
    notes: tuple[str, ...]
    vector: tuple[str, Charges] | None = None


def prepare(
    path: str | Path,
    card: DileptonCard | None = None,
    *,
    drop: bool = False,
    model: ChargedModel | None = None,
) -> Prepared:
    """Read a sample and apply all corrections of its card.

    Parameters
    ----------
    path : path
        Of the pairs.
    card : DileptonCard, optional
    drop : bool
        Drop impossible rows instead of refusing the file.
    model : ChargedModel, optional
        Another vector than the dark photon, see `darkbeam.dilepton.vectors`: needs labels.

    Raises
    ------
    ValueRangeError, MissingExtraError
    """
    card = card or DileptonCard()
    sample = read_sample(path, card, drop=drop)
    notes: list[str] = []
    if card.efficiency_table or card.efficiency_constant != 1.0:
        unfolded = unfold(sample, efficiency_of(card), card.floor, card.below_floor)
        sample = unfolded.sample
        if unfolded.dropped:
            notes.append(
                f"{unfolded.dropped} pairs ({100 * unfolded.share:.2g} % of the weight) with an efficiency below "
                f"{card.floor:g} dropped: their region is extrapolated"
            )
    if sample.charge is not None and np.any(sample.charge != 0.0):
        sample, template = like_sign(sample, card.like_sign_ratio)
        sample = _subtracted(sample, template, "like-sign pairs", notes)
    for name in card.templates:
        template = read_sample(name, replace(card, windows={}), drop=drop)
        sample = _subtracted(sample, template, name.rpartition("/")[2], notes, error=card.template_error)
    if card.eta_line:
        sample = _without_eta_line(sample, card, notes)
    sample = _usable(sample, card, notes)
    if card.final_state_radiation:
        sample = born_masses(sample)
        notes.append("corrected for final-state radiation to born masses")
    sample = normalised(sample, card)
    if model is None or is_dark_photon(model):
        return Prepared(sample, card, tuple(notes))
    charges = constant_charges(model)
    notes.append(f"pairs weighted for {model.name} vectors by their labels: no longer free of a model")
    weighted = for_vector(sample, charges)
    weighted = weighted.select(weighted.weight > 0.0)
    return Prepared(weighted, card, tuple(notes), (model.name, charges))


def _usable(sample: DileptonSample, card: DileptonCard, notes: list[str]) -> DileptonSample:
    """Refuse what no spectrum can be made of; average weights of both signs if the card says so."""
    negative = int(np.sum(sample.weight < 0.0))
    if negative and card.negative_weights == "average":
        result = averaged(sample)
        sample = result.sample
        notes.append(f"{negative} negative weights: averaged in cells of mass, pT and y")
        if result.excess > 0.0:
            notes[-1] += f"; cells with a negative sum hold {result.excess:.3g}, now 0"
    elif negative:
        raise ValueRangeError(
            f"{negative} of {len(sample)} weights are negative; subtract a background as like-sign pairs or a "
            'template, or set negative_weights = "average" in [background] of the card (sWeights)'
        )
    used = sample.weight > 0.0
    if not np.any(used):
        raise ValueRangeError(f"none of {len(sample)} pairs has a weight above 0")
    if np.ptp(sample.mass[used]) <= 0.0:
        raise ValueRangeError(f"all pairs have the mass {sample.mass[used][0]:g} GeV: there is no spectrum")
    return sample


def _subtracted(
    sample: DileptonSample, template: DileptonSample, what: str, notes: list[str],
    cells: tuple[int, int, int] = CELLS, error: float = 0.0,
) -> DileptonSample:  # fmt: skip
    """Subtract and say how much."""
    result: Subtracted = subtract(sample, template, cells, error)
    note = f"{what}: {100 * result.removed / float(np.sum(sample.weight)):.2g} % of the weight subtracted"
    if result.excess > 0.01 * result.removed:
        note += f", {result.excess:.3g} could not be (more background than data at some masses)"
    notes.append(note)
    return result.sample


def _without_eta_line(sample: DileptonSample, card: DileptonCard, notes: list[str]) -> DileptonSample:
    """Remove eta -> mu mu, normalised to the eta mesons of the same data."""
    inside = replace(sample, normalisation=float(np.sum(sample.weight)))
    etas, _ = measured_etas(fit_spectrum(inside, 0.0, line_shapes=False))
    resolution = max(float(relative_resolution(card.mass_resolution or 0.0, M_ETA)), 0.005)
    template = line_template(sample, M_ETA, etas * ETA_TO_MUONS, resolution, stream(0, "dilepton/eta-line"))
    return _subtracted(sample, template, "eta -> mu mu", notes, (200, 1, 1))
