"""Is a neutral string meson u ubar or d dbar?  The hadrons next to it on the string tell.

A string breaks by q qbar pairs, one quark to each side, so neighbours share a flavour f.  Hadrons are listed in the
order of the string; seen from an end that is a quark (colour triplet) every meson has its quark on the left and
its antiquark on the right:

    ... (q1 qbar2) (q2 qbar3) (q3 qbar4) ...

A left neighbour therefore holds the antiquark, a right neighbour the quark of flavour f; from an antiquark end it is
the other way round.  Diagonal neighbours (pi0, eta, rho0, ...) pass the flavour on unchanged, so the search goes on
behind them; an end of the string is a parton of flavour f; a baryon decides if it contains only one of u and d.
Where neither side decides (closed gluon loops of diagonal mesons, baryons with u and d), the answer is 0.
"""

from __future__ import annotations

from typing import Any

__all__ = ["DOWN", "UP", "light_flavour", "shared_flavour"]

DOWN, UP = 1, 2
"""PDG ids of the two light quarks."""


def shared_flavour(pdg: int, *, wants_quark: bool) -> int | None:
    """Light flavour that a hadron shares with a diagonal light meson beside it.

    Parameters
    ----------
    pdg : int
        The neighbour.
    wants_quark : bool
        Whether the shared parton of the neighbour is its quark (or its antiquark).

    Returns
    -------
    int or None
        `DOWN` or `UP`; 0 if the hadron does not decide; None if it is diagonal.

    Examples
    --------
    >>> shared_flavour(211, wants_quark=True), shared_flavour(211, wants_quark=False)
    (2, 1)
    >>> shared_flavour(2212, wants_quark=True), shared_flavour(113, wants_quark=True)
    (0, None)
    """
    a = abs(pdg) % 10000
    first, second, third = a // 1000, a // 100 % 10, a // 10 % 10
    if first:
        light = {first, second, third} & {DOWN, UP}
        return light.pop() if len(light) == 1 else 0
    if second == third:
        return None
    # the heavier digit is the quark if it is up-type, as in 211 = u dbar and 321 = u sbar
    quark, antiquark = (second, third) if second % 2 == 0 else (third, second)
    if pdg < 0:
        quark, antiquark = antiquark, quark
    flavour = quark if wants_quark else antiquark
    return flavour if flavour in (DOWN, UP) else 0


def light_flavour(event: Any, index: int) -> int:
    """Flavour of the light diagonal meson at ``index`` of a Pythia event record before decays: 1, 2 or 0."""
    hadron = event[index]
    mothers = (hadron.mother1(), hadron.mother2())
    first = event[mothers[0]]
    quark_left = not (first.acol() > 0 and first.col() == 0)
    for step, end in ((-1, mothers[0]), (1, mothers[1])):
        wants_quark = quark_left == (step > 0)
        i = index + step
        while i < event.size() and (event[i].mother1(), event[i].mother2()) == mothers:
            flavour = shared_flavour(event[i].id(), wants_quark=wants_quark)
            if flavour is not None:
                break
            i += step
        else:
            flavour = abs(event[end].id())
        if flavour in (DOWN, UP):
            return int(flavour)
    return 0
