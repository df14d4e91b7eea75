"""Names of several experiments at once: ``all-past``, ``all-future``.

A card based on a shipped one with status "study" describes the same experiment in another way (an older layout, the
selection of another code).  Such a variant is in no group but ``all-variants``, so that no experiment counts twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import UnknownNameError

from .card_lookup import GROUPS
from .cards import card_texts, list_experiments, load_card, load_experiment

if TYPE_CHECKING:
    from .experiment import Experiment

__all__ = ["GROUPS", "group_names", "named_group"]

_PAST = ("past", "running")
_FUTURE = ("approved", "proposed", "future", "study")


def group_names(name: str) -> tuple[str, ...]:
    """Names of the experiments of a group that can be computed.

    Raises
    ------
    UnknownNameError
        No such group.

    Examples
    --------
    >>> group_names("all-past")[:3]
    ('BEBC', 'CHARM', 'FASER_2022')
    """
    if name not in GROUPS:
        raise UnknownNameError("group of experiments", name, GROUPS)
    members = {known: _group(known) for known in list_experiments()}
    return tuple(known for known, group in members.items() if group == name)


def named_group(name: str) -> tuple[Experiment, ...]:
    """Experiments of a group, in the order of their names.

    Parameters
    ----------
    name : str
        "all-past": searches with data (status past or running); "all-future": everything else; "all-variants":
        shipped experiments in another layout or with another selection.

    Raises
    ------
    UnknownNameError
        No such group.
    """
    return tuple(load_experiment(member) for member in group_names(name))


def _group(name: str) -> str:
    """Group of a shipped experiment."""
    status = load_card(name)["status"]
    if status == "study" and len(card_texts(name)) > 1:
        return "all-variants"
    return "all-past" if status in _PAST else "all-future"
