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
from darkbeam.dilepton.corrections import Subtracted, born_masses, like_sign, line_template, subtract
from darkbeam.dilepton.efficiency import efficiency_of, unfold
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.readers import read_sample
from darkbeam.dilepton.resolution import relative_resolution
from darkbeam.rng import stream

if TYPE_CHECKING:
    from pathlib import Path

    from darkbeam.dilepton.sample import DileptonSample

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
    """

    sample: DileptonSample
    card: DileptonCard
    notes: tuple[str, ...]


def prepare(path: str | Path, card: DileptonCard | None = None, *, drop: bool = False) -> Prepared:
    """Read a sample and apply all corrections of its card.

    Parameters
    ----------
    path : path
        Of the pairs.
    card : DileptonCard, optional
    drop : bool
        Drop impossible rows instead of refusing the file.

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
        sample = _subtracted(sample, template, name.rpartition("/")[2], notes)
    if card.eta_line:
        sample = _without_eta_line(sample, card, notes)
    if card.final_state_radiation:
        sample = born_masses(sample)
        notes.append("corrected for final-state radiation to born masses")
    return Prepared(normalised(sample, card), card, tuple(notes))


def _subtracted(
    sample: DileptonSample, template: DileptonSample, what: str, notes: list[str],
    cells: tuple[int, int, int] | None = None,
) -> DileptonSample:  # fmt: skip
    """Subtract and say how much."""
    result: Subtracted = subtract(sample, template, cells) if cells else subtract(sample, template)
    note = f"{what}: {100 * result.removed / float(np.sum(sample.weight)):.2g} % of the weight subtracted"
    if result.excess > 0.01 * result.removed:
        note += f", {result.excess:.3g} could not be (more background than data in some cells)"
    notes.append(note)
    return result.sample


def _without_eta_line(sample: DileptonSample, card: DileptonCard, notes: list[str]) -> DileptonSample:
    """Remove eta -> mu mu, normalised to the eta mesons of the same data."""
    inside = replace(sample, normalisation=float(np.sum(sample.weight)))
    etas, _ = measured_etas(fit_spectrum(inside, 0.0, line_shapes=False))
    resolution = max(float(relative_resolution(card.mass_resolution or 0.0, M_ETA)), 0.005)
    template = line_template(sample, M_ETA, etas * ETA_TO_MUONS, resolution, stream(0, "dilepton/eta-line"))
    return _subtracted(sample, template, "eta -> mu mu", notes, (200, 1, 1))
