"""The README says what is true: its commands exist, its Python names resolve, CI runs its lines."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

import darkbeam
from darkbeam.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for line in README.splitlines() if re.match(r"darkbeam [a-z]+", line)]
DEPTH = {"experiments": 2, "spectra": 2, "cache": 2, "plot": 2, "decays": 2, "dilepton": 2, "batch": 3}
"""Words of a command of a group."""


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_options_exist(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)[1:]
    depth = DEPTH.get(words[0], 1) if words[1:2] != ["--mass"] else 1
    path = words[:depth]
    monkeypatch.setattr(sys, "argv", ["darkbeam", *path, "--help"])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for option in (w for w in words if w.startswith("--")):
        assert option in text


def test_python_names_exist() -> None:
    names = set(re.findall(r"\bdarkbeam\.([a-z_]+)\(", README))
    assert names >= {"reach", "rate", "decay_spectra"}
    for name in names:
        assert callable(getattr(darkbeam, name))


def test_single_line_commands_do_their_own_setup() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert any("darkbeam reach SHiP" in line for line in lines)
    assert any("pytest" in line for line in lines)


def test_linked_files_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`(docs/[^`]+)`", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
