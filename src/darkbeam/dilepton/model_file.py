"""The file of a measured source: mass spectrum, kinematics and card in one ``.npz`` without pickle.

Key ``format`` holds `FORMAT`, ``about`` a JSON text (card, beam, lepton, training hash, notes, whether the pairs are a
mock); the arrays of the spectrum are stored under ``spectrum/``, those of the back end under ``model/``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from darkbeam.constants import M_MU
from darkbeam.dilepton.bake import TableModel
from darkbeam.dilepton.below import below_threshold
from darkbeam.dilepton.bootstrap import BootstrapModel
from darkbeam.dilepton.card import DileptonCard
from darkbeam.dilepton.ensemble import training_hash
from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.histogram import HistogramModel
from darkbeam.dilepton.mass_spectrum import MassSpectrum
from darkbeam.dilepton.model import pack, save_arrays, unpack
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.models.charges import Charges

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.prepare import Prepared
    from darkbeam.dilepton.transport import Transport

__all__ = ["FORMAT", "ModelFile", "load_model"]

FORMAT = "darkbeam-dilepton-1"
BACK_ENDS: dict[str, Any] = {
    "bootstrap": BootstrapModel, "histogram": HistogramModel, "flow": FlowModel, "table": TableModel,
}  # fmt: skip
MEASURED_ETAS = ("SPS",)
"""Facilities with meson spectra to which the part below threshold can be normalised by default."""
NEAR_THRESHOLD = 2.4 * M_MU
"""Largest mass (GeV) at which data may begin for Dalitz decays to stand for everything below."""


@dataclass(frozen=True)
class ModelFile:
    """Content of a file.

    Attributes
    ----------
    spectrum : MassSpectrum
    model : KinematicModel
    card : DileptonCard
    training : dict
        ``training_hash``, ``pairs``, ``effective_pairs`` and ``notes`` of the data; ``vector`` if not the dark photon.
    """

    spectrum: MassSpectrum
    model: KinematicModel
    card: DileptonCard
    training: dict[str, Any]

    @classmethod
    def of(cls, prepared: Prepared, spectrum: MassSpectrum, model: KinematicModel) -> ModelFile:
        """Join the results of a fit."""
        sample = prepared.sample
        training = {
            "training_hash": training_hash(sample), "pairs": len(sample),
            "effective_pairs": sample.effective_size, "notes": list(prepared.notes),
        }  # fmt: skip
        if prepared.vector is not None:
            training["vector"] = {"name": prepared.vector[0], "charges": asdict(prepared.vector[1])}
        return cls(spectrum, model, prepared.card, training)

    @property
    def beam(self) -> str:
        """Facility at which the pairs were measured."""
        return self.card.beam

    @property
    def vector(self) -> tuple[str, Charges] | None:
        """Name and charges of the vector that the pairs are weighted for; None is the dark photon."""
        found = self.training.get("vector")
        return (found["name"], Charges(**found["charges"])) if found else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What corrections and training have to say."""
        of_model: dict[str, Any] = getattr(self.model, "about", {})
        return tuple(dict.fromkeys([*self.training["notes"], *of_model.get("notes", ())]))

    def summary(self) -> dict[str, Any]:
        """What a person wants to know about a model."""
        low, high = self.spectrum.support
        return {
            "back_end": self.model.name, "members": len(self.model.members), "beam": self.beam,
            "pairs": self.training["pairs"], "effective_pairs": round(self.training["effective_pairs"], 1),
            "mass_from_GeV": low, "mass_to_GeV": high, "pairs_per_collision": self.spectrum.normalisation,
            "mass_resolution": self.spectrum.resolution, "lines": [x.name for x in self.spectrum.lines],
            "resolution_shift": {x.name: [x.delta, x.delta_error] for x in self.spectrum.lines},
            "training_hash": self.training["training_hash"],
        }  # fmt: skip

    def source(self, name: str, transport: Transport | None = None) -> OffShellPhoton:
        """Source of dark photons and of millicharged pairs.

        Parameters
        ----------
        name : str
        transport : Transport, optional
            To another facility.

        Raises
        ------
        ValueRangeError
            If the data have no normalisation.
        """
        f0 = self.card.longitudinal
        source = OffShellPhoton(name, self.spectrum, self.model, self.beam, f0, transport=transport)
        muons = self.card.lepton == "mu" and self.spectrum.support[0] < NEAR_THRESHOLD
        if not muons or self.beam not in MEASURED_ETAS or self.vector is not None:
            return source
        to = transport.to if transport else None
        return replace(source, below=below_threshold(name, self.beam, self.spectrum, self.card.etas, to))

    def save(self, path: Path) -> None:
        """Write the file."""
        arrays: dict[str, NDArray[Any]] = {
            "format": np.array(FORMAT),
            "about": pack({"card": self.card.as_dict(), "training": self.training}),
        }
        arrays |= {f"spectrum/{k}": v for k, v in self.spectrum.arrays().items()}
        arrays |= {f"model/{k}": v for k, v in self.model.arrays().items()}
        save_arrays(path, arrays)


def load_model(path: Path) -> ModelFile:
    """Read a file of `ModelFile.save`.

    Raises
    ------
    ValueRangeError, UnknownNameError
    """
    if not is_zipfile(path):
        raise ValueRangeError(f"{path.name} is not a model of darkbeam dilepton fit (an .npz file)")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {k: file[k] for k in file.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ValueRangeError(f"{path.name} is not a model of darkbeam dilepton ({error})") from None
    if str(arrays.get("format", "")) != FORMAT:
        raise ValueRangeError(f"{path.name} is not a model of darkbeam dilepton fit (format {FORMAT})")
    about = unpack(arrays["about"])
    spectrum, model = (
        {k.removeprefix(p): v for k, v in arrays.items() if k.startswith(p)} for p in ("spectrum/", "model/")
    )
    kind = str(model["backend"])
    if kind not in BACK_ENDS:
        raise UnknownNameError("back end", kind, BACK_ENDS)
    return ModelFile(
        MassSpectrum.from_arrays(spectrum), BACK_ENDS[kind].from_arrays(model), DileptonCard.from_dict(about["card"]),
        about["training"],
    )  # fmt: skip
