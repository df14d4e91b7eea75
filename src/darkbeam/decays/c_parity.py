r"""Charge conjugation and isospin in decays of a vector to hadrons.

A vector current has C = -1.  A set of hadrons that are all their own antiparticles has

    C = prod_i C_i  (times C = (-1)^l of a K0 K0bar pair)

so 2 pi0, eta pi0, rho0 rho0 or K_S K_S are forbidden, K0 K0bar with C-even mesons is K_S K_L, and with C-odd ones
K_S K_S or K_L K_L.  A set of members of non-strange isospin multiplets has G-parity

    G = prod_i G_i,   G = C (-1)^I   =>   G = +1 from the isovector, -1 from the isoscalar current.

Both are exact up to electromagnetism and are tested on the hadrons that come out of the string, before the
decays of resonances.  C and G of the mesons: PDG, Review of Particle Physics 2024, meson summary table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["C_PARITY", "G_PARITY", "forbidden", "g_parity", "kaon_pair", "two_pseudoscalars"]

C_PARITY = {22: -1, 111: 1, 221: 1, 331: 1, 113: -1, 223: -1, 333: -1, 441: 1, 443: -1, 551: 1, 553: -1}
"""Charge conjugation of neutral mesons and the photon by PDG id."""
G_PARITY = {111: -1, 211: -1, -211: -1, 113: 1, 213: 1, -213: 1, 221: 1, 331: 1, 223: -1, 333: -1}
"""G-parity of non-strange mesons by PDG id."""
_PSEUDOSCALARS = ((-211, 211), (-321, 321), (-311, 311))


def _product(table: Mapping[int, int], ids: Iterable[int]) -> int:
    """Product of the parities of the ids, 0 as soon as one has none."""
    value = 1
    for i in ids:
        if i not in table:
            return 0
        value *= table[i]
    return value


def g_parity(ids: Sequence[int]) -> int:
    """G-parity of a set of hadrons (PDG ids), 0 where it is not defined.

    Examples
    --------
    >>> g_parity((211, -211)), g_parity((223, 111)), g_parity((213, -211)), g_parity((321, -321))
    (1, 1, -1, 0)
    """
    return _product(G_PARITY, ids)


def forbidden(ids: Sequence[int]) -> bool:
    """Whether C forbids a vector current to make these hadrons (PDG ids).

    Examples
    --------
    >>> forbidden((111, 111)), forbidden((223, 111)), forbidden((113, 113)), forbidden((211, -211))
    (True, False, True, False)
    """
    return _product(C_PARITY, ids) == 1


def kaon_pair(ids: Sequence[int]) -> Literal["", "SL", "equal"]:
    """What becomes of one K0 and one K0bar (ids 311, -311) among self-conjugate particles.

    Returns
    -------
    str
        "SL": K_S K_L; "equal": K_S K_S or K_L K_L; "": C does not tell.

    Examples
    --------
    >>> kaon_pair((311, -311, 111)), kaon_pair((-311, 311, 223)), kaon_pair((311, -321, 211))
    ('SL', 'equal', '')
    """
    others = [i for i in ids if abs(i) != 311]
    if len(others) != len(ids) - 2 or sum(i == 311 for i in ids) != 1:
        return ""
    c = _product(C_PARITY, others)
    return "" if c == 0 else "SL" if c == 1 else "equal"


def two_pseudoscalars(ids: Sequence[int]) -> bool:
    """Whether the hadrons are pi+ pi-, K+ K- or K0 K0bar and nothing else.

    Examples
    --------
    >>> two_pseudoscalars((211, -211)), two_pseudoscalars((213, -211))
    (True, False)
    """
    return tuple(sorted(ids)) in _PSEUDOSCALARS
