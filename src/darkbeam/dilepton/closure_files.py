"""A pseudo-data set as the files of an experiment: pairs, card and table of the efficiency.

With them the closure runs through the same commands as data: ``darkbeam dilepton fit``, ``check`` and ``yield``.  The
weights undo the prescale of the trigger; everything else is in the card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.closure_detector import FLOOR
from darkbeam.dilepton.closure_pool import BEAM
from darkbeam.dilepton.readers import write_sample
from darkbeam.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from darkbeam.dilepton.closure_detector import Detector, PseudoData

__all__ = ["write_files"]


def write_files(data: PseudoData, detector: Detector, folder: Path) -> Path:
    """Write ``pairs.npz``, ``pairs.toml`` and ``efficiency.csv``.

    Parameters
    ----------
    data : PseudoData
    detector : Detector
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        Of the pairs.

    Raises
    ------
    OutputError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {folder}: {error.strerror}") from error
    table = detector.efficiency
    grid = [x.ravel() for x in np.meshgrid(*table.axes, indexing="ij")]
    rows = np.stack([*grid, table.values.ravel()], axis=1)
    np.savetxt(
        folder / "efficiency.csv", rows, "%.9g", ",", header="mass_GeV,pt_GeV,y,efficiency", comments=""
    )
    (folder / "pairs.toml").write_text(_card(data, detector), encoding="utf-8")
    pairs = folder / "pairs.npz"
    write_sample(data.seen, pairs)
    return pairs


def _card(data: PseudoData, detector: Detector) -> str:
    """Text of the card, TOML."""
    resolution = ", ".join(f"[{m:g}, {r:.5f}]" for m, r in detector.resolution)
    return "\n".join(
        [
            "# pseudo-data of a generator, not a measurement",
            "[data]",
            f'beam = "{BEAM}"',
            'lepton = "mu"',
            "[detector]",
            f"mass_resolution = [{resolution}]",
            "[efficiency]",
            'table = "efficiency.csv"',
            f"floor = {FLOOR:g}",
            'below_floor = "drop"',
            "[normalisation]",
            f"pairs_per_collision = {data.sample.normalisation or 0.0:.9g}",
            'source = "luminosity of the generator"',
            "",
        ]
    )
