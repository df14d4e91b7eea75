"""Make the model of the mock sample in ``src/darkbeam/data/dilepton/mock.npz``.

    python scripts/make_dilepton_mock.py

The same as ``darkbeam dilepton mock -n 180000`` and ``darkbeam dilepton fit --members 4``, with fewer knots of the mass
spectrum so that the file stays small.  Needs the extra ``flow``; about two minutes on one core.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from darkbeam.dilepton.card import read_card
from darkbeam.dilepton.ensemble import fit_flow
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.mock_card import mock_card
from darkbeam.dilepton.model_file import ModelFile
from darkbeam.dilepton.prepare import Prepared

DATA = Path(__file__).resolve().parents[1] / "src" / "darkbeam" / "data" / "dilepton"
PAIRS, SEED, MEMBERS, KNOTS = 180_000, 1, 4, 2000
NOTE = f"trained on a mock cocktail ({PAIRS} pairs, seed {SEED}), not on a measurement"


def main() -> None:
    """Train and write."""
    sample = mock_sample(PAIRS, SEED)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mock.toml"
        file.write_text(mock_card(PAIRS, SEED, 0.0), encoding="utf-8")
        card = read_card(file)
    start = time.process_time()
    flow = fit_flow(sample, seed=SEED, members=MEMBERS, progress=lambda e: print(e, flush=True))
    spectrum = fit_spectrum(sample, card.mass_resolution, knots=KNOTS)
    bundle = ModelFile.of(Prepared(sample, card, (NOTE,)), spectrum, flow)
    DATA.mkdir(exist_ok=True)
    bundle.save(DATA / "mock.npz")
    size = (DATA / "mock.npz").stat().st_size
    print(f"{size / 1000:.0f} kB, {time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
