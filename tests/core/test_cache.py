"""Results and figures that are kept between runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from darkbeam import cache


@dataclass(frozen=True)
class Number:
    """The least that the cache asks of a result."""

    value: float

    def to_dict(self):
        return {"value": self.value}

    @classmethod
    def from_dict(cls, data):
        return cls(**data)

    @classmethod
    def load(cls, file):
        return cls.from_dict(json.loads(Path(file).read_text()))


def test_result_is_computed_once():
    made = []

    def compute():
        made.append(Number(0.25))
        return made[-1]

    results = [cache.result_of_card({"a": 1}, Number, compute, cache=True) for _ in range(2)]
    assert results == [Number(0.25)] * 2
    assert len(made) == 1
    cache.result_of_card({"a": 1}, Number, compute, cache=False)
    cache.result_of_card({"a": 2}, Number, compute, cache=True)
    assert len(made) == 3


def test_figures_are_drawn_once(tmp_path):
    drawn = []

    def figures(folder, *, cached):
        def draw():
            drawn.append(folder)
            files = [folder / name for name in cache.FIGURES]
            for file in files:
                file.write_text(file.name)
            return files

        folder.mkdir()
        return cache.keep_figures("k", folder, draw, cache=cached)

    cache.keep_result("k", Number(1.0))
    folders = [tmp_path / str(i) for i in range(3)]
    written = [figures(folder, cached=i < 2) for i, folder in enumerate(folders)]
    assert drawn == [folders[0], folders[2]]
    assert [[p.read_text() for p in row] for row in written] == [list(cache.FIGURES)] * 3
