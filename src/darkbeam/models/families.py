"""Families of decay channels, for tables and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAMILIES", "REST", "group_by_family"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "e+e-": ("e+e-",),
    "mu+mu-": ("mu+mu-",),
    "tau+tau-": ("tau+tau-",),
    "2 pions": ("pi+pi-",),
    "3 pions": ("pi+pi-pi0",),
    "4 pions": ("2pi+2pi-", "pi+pi-2pi0"),
    "2 kaons": ("K+K-", "K0K0bar"),
    "2 kaons and a pion": ("K_LK_Spi0", "K+K-pi0", "K0K+-pi-+"),
    "photon and a meson": ("pi0gamma", "etagamma"),
    "quarks": ("quarks",),
    "nunu": ("nunu",),
    "3gamma": ("3gamma",),
    "invisible": ("invisible",),
}
"""Channels of each family; all others belong to `REST`."""
REST = "other hadrons"
_FAMILY = {channel: family for family, channels in FAMILIES.items() for channel in channels}
Value = TypeVar("Value")


def group_by_family(values: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Sort the values of channels into families, in the order of `FAMILIES`; families without a channel are absent.

    Examples
    --------
    >>> group_by_family({"K+K-": 1, "etaphi": 2, "K0K0bar": 3})
    {'2 kaons': {'K+K-': 1, 'K0K0bar': 3}, 'other hadrons': {'etaphi': 2}}
    """
    out: dict[str, dict[str, Value]] = {family: {} for family in (*FAMILIES, REST)}
    for channel, value in values.items():
        out[_FAMILY.get(channel, REST)][channel] = value
    return {family: members for family, members in out.items() if members}
