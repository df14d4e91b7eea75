"""The result of a reach for light dark matter: couplings in epsilon and in y, JSON, CSV, figure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.cache import card_hash
from darkbeam.errors import OutputError
from darkbeam.models.light_dark_matter import LightDarkMatter
from darkbeam.output import atomic_path, dump_json, prepare_directory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["DarkMatterReach"]


@dataclass(frozen=True)
class DarkMatterReach:
    """Smallest couplings that are seen, against the mass of the dark matter.

    Arrays have one entry per mass and are NaN where no coupling below 1 gives enough events.

    Attributes
    ----------
    experiment : str
    model : LightDarkMatter
    sources : tuple of str
    threshold : float
        Expected events that make the contour.
    masses_GeV, epsilon : arrays
        Masses of chi, and smallest epsilon.
    error : array
        Relative statistical error of ``epsilon``.
    near_pole : array
        Share of the events from pairs with a mass within 10 % of m_A'.
    band : dict of str to array
        ``epsilon`` of every variation of production.
    shares : dict of str to array
        Share of each source.
    notes : tuple of str
    card : dict
        Everything that defines the result.
    seconds : float
        Wall time of the calculation.
    """

    experiment: str
    model: LightDarkMatter
    sources: tuple[str, ...]
    threshold: float
    masses_GeV: Array
    epsilon: Array
    error: Array
    near_pole: Array
    band: dict[str, Array]
    shares: dict[str, Array]
    notes: tuple[str, ...]
    card: dict[str, Any]
    seconds: float = field(default=0.0, compare=False)

    @property
    def y(self) -> Array:
        """Smallest y = epsilon^2 alpha_D (m_chi/m_A')^4."""
        return self.model.y(self.epsilon)

    def coupling(self, axis: str, name: str | None = None) -> Array:
        """``epsilon`` or ``y``, of the central value or of a variation."""
        epsilon = self.epsilon if name is None else self.band[name]
        return self.model.y(epsilon) if axis == "y" else epsilon

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable form; None stands for "not seen"."""
        return {
            "card_hash": card_hash(self.card),
            "experiment": self.experiment,
            "model": {
                "name": self.model.name, "spin": self.model.spin, "alpha_D": self.model.alpha_d,
                "mass_ratio": self.model.ratio,
            },
            "sources": list(self.sources),
            "events": self.threshold,
            "masses_GeV": self.masses_GeV.tolist(),
            "epsilon": _plain(self.epsilon),
            "y": _plain(self.y),
            "error": _plain(self.error),
            "near_pole": _plain(self.near_pole),
            "band": {name: _plain(a) for name, a in self.band.items()},
            "shares": {name: _plain(a) for name, a in self.shares.items()},
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "card": self.card,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DarkMatterReach:
        """Inverse of `to_dict`."""
        model = data["model"]
        arrays = {k: _array(data[k]) for k in ("epsilon", "error", "near_pole")}
        return cls(
            experiment=data["experiment"],
            model=LightDarkMatter(model["spin"], model["alpha_D"], model["mass_ratio"]),
            sources=tuple(data["sources"]), threshold=data["events"], masses_GeV=_array(data["masses_GeV"]), **arrays,
            band={k: _array(a) for k, a in data["band"].items()},
            shares={k: _array(a) for k, a in data["shares"].items()},
            notes=tuple(data["notes"]), card=data["card"], seconds=data["seconds"],
        )  # fmt: skip

    @classmethod
    def load(cls, file: str | Path) -> DarkMatterReach:
        """Read a ``contour.json``.

        Raises
        ------
        OutputError
            If the file cannot be read or is not such a result.
        """
        try:
            return cls.from_dict(json.loads(Path(file).read_text(encoding="utf-8")))
        except OSError as error:
            raise OutputError(f"cannot read {file}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{file} is not a result for light dark matter") from error

    def to_csv(self) -> str:
        """Table; an empty cell stands for "not seen"."""
        text = io.StringIO()
        m = self.model
        text.write(f"# darkbeam {self.card['darkbeam']}, {self.experiment}, card {card_hash(self.card)}\n")
        text.write(
            f"# light dark matter, {m.spin}, alpha_D = {m.alpha_d:g}, m_A'/m_chi = {m.ratio:g}; smallest "
        )
        text.write(
            f"couplings with {self.threshold:.4g} expected events; the error of epsilon is relative and statistical\n"
        )
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(
            ["mass_GeV", "epsilon", "y", "error", "near_pole", *[f"epsilon[{n}]" for n in self.band]]
        )
        columns = [self.epsilon, self.y, self.error, self.near_pole, *self.band.values()]
        for k, mass in enumerate(self.masses_GeV):
            cells = ["" if np.isnan(c[k]) else f"{c[k]:.5e}" for c in columns]
            writer.writerow([f"{mass:.6g}", *cells])
        return text.getvalue()

    def save(self, directory: str | Path, *, force: bool = False) -> list[Path]:
        """Write ``contour.csv`` and ``contour.json``.

        Raises
        ------
        OutputError
            For a folder that holds another card's results, unless ``force``.
        """
        folder = Path(directory)
        prepare_directory(folder, card_hash(self.card), force=force)
        texts = {"contour.csv": self.to_csv(), "contour.json": dump_json(self.to_dict())}
        for name, text in texts.items():
            with atomic_path(folder / name) as part:
                part.write_text(text, encoding="utf-8")
        return [folder / name for name in texts]


def _plain(values: Array) -> list[float | None]:
    return [None if not np.isfinite(x) else float(x) for x in values]


def _array(values: list[float | None]) -> Array:
    return np.array([np.nan if x is None else x for x in values], dtype=np.float64)
