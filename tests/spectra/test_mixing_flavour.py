"""Flavour of a diagonal meson from its neighbours on the string."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from darkbeam.spectra.mixing_flavour import DOWN, UP, light_flavour, shared_flavour


@dataclass
class Entry:
    """What the search asks of an entry of the event record."""

    pdg: int
    mothers: tuple[int, int] = (0, 0)
    colours: tuple[int, int] = (0, 0)

    def id(self):
        return self.pdg

    def mother1(self):
        return self.mothers[0]

    def mother2(self):
        return self.mothers[1]

    def col(self):
        return self.colours[0]

    def acol(self):
        return self.colours[1]


class Event(list):
    def size(self):
        return len(self)


def string(first, last, *hadrons):
    """A string between two partons (quark and colours) with its hadrons, behind the system line of the record."""
    entries = [Entry(90), Entry(*first), Entry(*last)]
    return Event(entries + [Entry(h, (1, 2)) for h in hadrons])


QUARK, ANTIQUARK, GLUON = (101, 0), (0, 101), (101, 102)


def from_quark(first, last, *hadrons):
    return string((first, (0, 0), QUARK), (last, (0, 0), ANTIQUARK), *hadrons)


@pytest.mark.parametrize(
    ("pdg", "quark", "antiquark"),
    [
        (211, UP, DOWN), (-211, DOWN, UP), (321, UP, 0), (-321, 0, UP), (311, DOWN, 0), (-311, 0, DOWN),
        (213, UP, DOWN), (10213, UP, DOWN), (323, UP, 0), (421, 0, UP), (-421, UP, 0), (2212, 0, 0),
        (2224, UP, UP), (1114, DOWN, DOWN), (3334, 0, 0), (113, None, None), (10223, None, None), (331, None, None),
    ],
)  # fmt: skip
def test_quark_content(pdg, quark, antiquark):
    assert shared_flavour(pdg, wants_quark=True) == quark
    assert shared_flavour(pdg, wants_quark=False) == antiquark


def test_neighbours():
    # u | (u dbar) (d dbar) (d ubar) ...: the meson between pi+ and pi- is d dbar, and u ubar seen from an antiquark
    event = from_quark(UP, 2101, 211, 10113, -211)
    assert light_flavour(event, 4) == DOWN
    event = string((-UP, (0, 0), ANTIQUARK), (DOWN, (0, 0), QUARK), 211, 10113, -211)
    assert light_flavour(event, 4) == UP


def test_search_behind_diagonal_mesons_and_baryons():
    event = from_quark(UP, 2103, 2212, 113, 111, 10223, 331, -211)
    assert light_flavour(event, 6) == DOWN
    event = from_quark(UP, 2103, 211, 111, 10223, 2212)
    assert light_flavour(event, 5) == DOWN


def test_ends_of_the_string():
    assert light_flavour(from_quark(UP, 2101, 10113, 2212), 3) == UP
    assert light_flavour(from_quark(3, -DOWN, 2212, 10113), 4) == DOWN


def test_undecided():
    event = string((21, (0, 0), GLUON), (21, (0, 0), GLUON), 111, 10113, 113)
    assert light_flavour(event, 4) == 0
    assert light_flavour(from_quark(UP, 2101, 2212, 10113, -2212), 4) == 0
