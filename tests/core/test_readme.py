"""README and pages say what is true: their commands and options exist, Python names resolve, links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import darkbeam
from darkbeam.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
TEXT = "\n".join([README, *PAGES.values()])
LINES = re.findall(r"^darkbeam [a-z]+.*", README, flags=re.MULTILINE)
LINES += re.findall(r"^ {4}(darkbeam [a-z]+.*)", TEXT.replace("\\\n", ""), flags=re.MULTILINE)
COMMANDS = sorted({re.split(r"#| {3,}[a-z]", line)[0].strip() for line in LINES})
DEPTH = {"experiments": 2, "spectra": 2, "cache": 2, "plot": 2, "decays": 2, "dilepton": 2, "batch": 3}
"""Words of a command of a group."""


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_options_exist(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)[1:]
    depth = DEPTH.get(words[0], 1) if not "".join(words[1:2]).startswith("--") else 1
    path = words[:depth]
    monkeypatch.setattr(sys, "argv", ["darkbeam", *path, "--help"])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for before, word in pairwise(words):
        if word.startswith("--") and before != "--set":  # which takes an option of the batch system
            assert word in text


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
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`((?:docs|scripts)/[^`]+)`", TEXT):
        if not target.startswith("http"):
            assert (ROOT / target.split()[0]).exists(), target  # scripts may be given with arguments


def test_modules_named_in_the_pages_exist() -> None:
    source = ROOT / "src" / "darkbeam"
    for target in re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", TEXT):
        assert any((folder / target).exists() for folder in (ROOT, ROOT / "src", source)), target


@pytest.mark.parametrize("page", list(PAGES))
def test_python_of_the_pages_compiles_and_its_imports_exist(page: str) -> None:
    for block in re.findall(r"```python\n(.*?)```", PAGES[page], flags=re.DOTALL):
        compile(block, page, "exec")
        for module, names in re.findall(
            r"^from (darkbeam[\w.]*) import ([\w, ]+)", block, flags=re.MULTILINE
        ):
            for name in names.split(","):
                assert hasattr(importlib.import_module(module), name.strip()), (module, name)
