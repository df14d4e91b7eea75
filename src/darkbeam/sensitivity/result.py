"""The result of a reach calculation: arrays, JSON, CSV, figure."""

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
from darkbeam.output import atomic_path, dump_json, prepare_directory
from darkbeam.sensitivity.band import Band
from darkbeam.sensitivity.contributions import contributions_csv, contributions_dict, total_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["Band", "Reach"]


@dataclass(frozen=True)
class Reach:
    """Couplings that an experiment would see, against the mass.

    Arrays have one entry per mass and are NaN where there is no region.

    Attributes
    ----------
    experiment : str
    sources : tuple of str
    threshold : float
        Expected events that make the contour.
    masses_GeV, epsilon_lower, epsilon_upper, peak_events, peak_epsilon : arrays
    error_lower, error_upper : arrays
        Relative statistical error of the edges, including the error of the stored meson samples.
    n_effective : array
        Effective number of mothers at the worse of the two edges.
    islands : list
        Connected regions, each a list of [mass, lower, upper] ending in its tips.
    max_mass_GeV : float or None
        Largest mass at which the largest N crosses the threshold.
    band : dict of str to Band
    shares : dict of str to array, shape (masses, 2)
        Share of each source at the lower and upper edge.
    notes : tuple of str
    card : dict
        Everything that defines the result.
    seconds : float
        Wall time of the calculation.
    tip_error : float or None
        Relative statistical error of the mass tip.
    """

    experiment: str
    sources: tuple[str, ...]
    threshold: float
    masses_GeV: NDArray[np.float64]
    epsilon_lower: NDArray[np.float64]
    epsilon_upper: NDArray[np.float64]
    peak_events: NDArray[np.float64]
    peak_epsilon: NDArray[np.float64]
    error_lower: NDArray[np.float64]
    error_upper: NDArray[np.float64]
    n_effective: NDArray[np.float64]
    islands: list[list[list[float]]]
    max_mass_GeV: float | None
    band: dict[str, Band]
    shares: dict[str, NDArray[np.float64]]
    notes: tuple[str, ...]
    card: dict[str, Any]
    seconds: float = field(default=0.0, compare=False)
    tip_error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable form; None stands for "no region"."""
        exposure = self.card["experiment"]["exposure"]
        return {
            "card_hash": card_hash(self.card),
            "experiment": self.experiment,
            "sources": list(self.sources),
            "events": self.threshold,
            **exposure,
            "masses_GeV": self.masses_GeV.tolist(),
            **{name: _plain(getattr(self, name)) for name in _ARRAYS},
            "islands": self.islands,
            "max_mass_GeV": self.max_mass_GeV,
            "tip_error": self.tip_error,
            "band": {name: _band_dict(b) for name, b in self.band.items()},
            "total": {name: _band_dict(b) for name, b in total_band(self).items()},
            "contributions": contributions_dict(self),
            "shares": {name: a.tolist() for name, a in self.shares.items()},
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "card": self.card,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reach:
        """Inverse of `to_dict`."""
        band = {
            name: Band(
                _array(b["epsilon_lower"]), _array(b["epsilon_upper"]), b["max_mass_GeV"], b["islands"]
            )
            for name, b in data["band"].items()
        }
        return cls(
            experiment=data["experiment"], sources=tuple(data["sources"]), threshold=data["events"],
            masses_GeV=_array(data["masses_GeV"]), **{name: _array(data[name]) for name in _ARRAYS},
            islands=data["islands"], max_mass_GeV=data["max_mass_GeV"], band=band,
            shares={name: np.asarray(a) for name, a in data["shares"].items()}, notes=tuple(data["notes"]),
            card=data["card"], seconds=data["seconds"], tip_error=data.get("tip_error"),
        )  # fmt: skip

    @classmethod
    def load(cls, file: str | Path) -> Reach:
        """Read a ``contour.json``.

        Raises
        ------
        OutputError
            If the file cannot be read or is not a contour of darkbeam.
        """
        try:
            return cls.from_dict(json.loads(Path(file).read_text(encoding="utf-8")))
        except OSError as error:
            raise OutputError(f"cannot read {file}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{file} is not a contour.json of darkbeam") from error

    def to_csv(self) -> str:
        """Table of the contour; an empty cell stands for "no region", or with no peak either for "not computed"."""
        text = io.StringIO()
        names = ["epsilon_lower", "epsilon_upper", "error_lower", "error_upper", "peak_events"]
        bands = [
            (f"{side}[{name}]", getattr(b, side))
            for name, b in self.band.items()
            if name != "central"
            for side in names[:2]
        ]
        text.write(f"# darkbeam {self.card['darkbeam']}, {self.experiment}, card {card_hash(self.card)}\n")
        text.write("# epsilon at the edges where the expected events equal ")
        text.write(f"{self.threshold:g}; errors are relative and statistical\n")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["mass_GeV", *names, *[n for n, _ in bands]])
        columns = [getattr(self, n) for n in names] + [values for _, values in bands]
        for k, mass in enumerate(self.masses_GeV):
            row = [c[k] for c in columns]
            writer.writerow([f"{mass:.6g}", *["" if np.isnan(x) else f"{x:.5e}" for x in row]])
        return text.getvalue()

    def save(self, directory: str | Path, *, force: bool = False, figure: bool = True) -> list[Path]:
        """Write ``contour.csv``, ``contour.json``, ``contributions.csv`` and, unless ``figure=False``, two figures.

        The figures are ``reach.png`` and ``reach.pdf``.

        Parameters
        ----------
        directory : path
            Made if needed.  A folder that holds another card's results is refused unless ``force``.

        Returns
        -------
        list of Path

        Raises
        ------
        OutputError
        """
        folder = Path(directory)
        prepare_directory(folder, card_hash(self.card), force=force)
        texts = {
            "contour.csv": self.to_csv(),
            "contour.json": dump_json(self.to_dict()),
            "contributions.csv": contributions_csv(self),
        }
        for name, text in texts.items():
            with atomic_path(folder / name) as part:
                part.write_text(text, encoding="utf-8")
        written = [folder / name for name in texts]
        return written + (self.save_figure(folder) if figure else [])

    def save_figure(self, folder: Path) -> list[Path]:
        """Draw ``reach.png`` and ``reach.pdf``."""
        from darkbeam.plotting.reach import draw_reach, save_figure  # matplotlib is slow to import

        return save_figure(lambda: draw_reach(self), folder, "reach")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the region, its band and its tip on log-log axes; returns the axes."""
        from darkbeam.plotting.reach import draw_reach  # matplotlib is slow to import

        return draw_reach(self, ax)


_ARRAYS = (
    "epsilon_lower", "epsilon_upper", "peak_events", "peak_epsilon", "error_lower", "error_upper", "n_effective",
)  # fmt: skip


def _band_dict(band: Band) -> dict[str, Any]:
    return {
        "epsilon_lower": _plain(band.epsilon_lower),
        "epsilon_upper": _plain(band.epsilon_upper),
        "max_mass_GeV": band.max_mass_GeV,
        "islands": band.islands,
    }


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if not np.isfinite(x) else float(x) for x in values]


def _array(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if x is None else x for x in values], dtype=np.float64)
