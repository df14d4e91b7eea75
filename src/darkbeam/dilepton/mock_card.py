"""The card that goes with a mock sample, so that `fit` gives yields."""

from __future__ import annotations

from darkbeam.dilepton.mock import MOCK_BEAM, PAIRS_PER_COLLISION

__all__ = ["mock_card"]


def mock_card(pairs: int, seed: int, resolution: float) -> str:
    """Text of the card, TOML.

    Examples
    --------
    >>> "mass_resolution = 0.02" in mock_card(1000, 1, 0.02)
    True
    """
    return "\n".join(
        [
            f"# mock pairs, not a measurement: darkbeam dilepton mock -n {pairs} --seed {seed}",
            "[data]",
            f'beam = "{MOCK_BEAM}"',
            'lepton = "mu"',
            "[detector]",
            f"mass_resolution = {resolution:g}",
            "[normalisation]",
            f"pairs_per_collision = {PAIRS_PER_COLLISION:g}",
            'source = "mock cocktail, by construction"',
            "",
        ]
    )
