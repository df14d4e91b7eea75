"""Which shipped card a name means, and what is said where it means none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import DarkbeamError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GROUPS", "NotOneExperimentError", "known_name", "plain_name"]

GROUPS = ("all-past", "all-future", "all-variants")
"""Names of groups of experiments."""
_ALIASES = {
    "advsnd": "advSND_near",
    "anubis": "ANUBIS_shaft",
    "darkquest": "DarkQuest_phase1",
    "dune": "DUNE_ND",
    "faser": "FASER_2022",
    "faser2": "FASER2_FPF_2022",
    "faser2fpf": "FASER2_FPF_2022",
    "hike": "HIKE_dump",
    "koto": "KOTO_dump",
    "lhcb": "LHCb_downstream",
    "mathusla": "MATHUSLA_40",
    "na62": "NA62_dump_2021",
    "na622021": "NA62_dump_2021",
    "na62dump": "NA62_dump_2021",
    "shipecn4": "SHiP_ECN4_2e20",
    "snd": "SND_LHC",
    "snd@lhc": "SND_LHC",
}


class NotOneExperimentError(DarkbeamError):
    """A name that is known, but not as an experiment for the decays of a vector."""


def plain_name(name: str) -> str:
    """Name without case, dashes, underscores and blanks.

    Examples
    --------
    >>> plain_name("FASER2_FPF-2022")
    'faser2fpf2022'
    """
    return "".join(name.lower().replace("-", " ").replace("_", " ").split())


def known_name(name: str, names: Iterable[str]) -> str:
    """Shipped name, one of ``names``, that is meant.

    Raises
    ------
    NotOneExperimentError
        For a group, and for a search for millicharged particles that has no card of this kind.
    UnknownNameError
        For anything else.
    """
    shipped = tuple(names)
    found = {plain_name(known): known for known in shipped} | _ALIASES
    plain = plain_name(name)
    if plain in found:
        return found[plain]
    from darkbeam.millicharged.card import ALL, card_names  # only to explain an error

    millicharged = tuple(n for n in card_names() if plain_name(n) not in found)
    for group in (*GROUPS, ALL):
        if plain == plain_name(group):
            raise NotOneExperimentError(
                f"{group} is a group of experiments: only `darkbeam reach {group}` takes it"
            )
    for other in millicharged:
        if plain == plain_name(other):
            raise NotOneExperimentError(
                f"{other} is a search for millicharged particles: give --model millicharged to reach, events, cite "
                "or experiments"
            )
    raise UnknownNameError("experiment", name, (*shipped, *millicharged, *GROUPS, ALL, "FILE.toml"))
