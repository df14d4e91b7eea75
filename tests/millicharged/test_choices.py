"""What millicharged particles and light dark matter have in common: choices, sources, cards."""

from __future__ import annotations

import json

import numpy as np
import pytest

from darkbeam.light_dark_matter.prepare import DarkMatterOptions
from darkbeam.millicharged import load_mcp_experiment
from darkbeam.millicharged.choices import Production, experiment_card, make_card
from darkbeam.millicharged.prepare import McpOptions
from darkbeam.production.source import N_BLOCKS, block_error


@pytest.mark.parametrize("kind", [McpOptions, DarkMatterOptions])
def test_card_has_every_choice(kind):
    choices = kind(sources=("meson:eta",), seed=3)
    e = load_mcp_experiment("BEBC").exposed(1e18, None)
    made = Production.at(e, choices)
    card = make_card({"name": "any"}, experiment_card(e, {"method": "cls"}), made, choices)
    assert card["sources"] == ["meson:eta"]
    assert card["options"]["seed"] == 3
    assert set(card["options"]) == set(kind.__dataclass_fields__)
    assert card["experiment"]["exposure"] == {"pot": 1e18}
    assert card["experiment"]["statistics"] == {"method": "cls", "n_events_threshold": e.n_events}
    assert json.loads(json.dumps(card["options"])) == card["options"]


def test_error_of_blocks_is_that_of_their_sum():
    parts = np.random.default_rng(1).normal(1.0, 0.1, (20_000, N_BLOCKS))
    errors = block_error(parts)
    assert errors.shape == (20_000,)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(np.sum(parts, axis=1)), rel=0.02)
