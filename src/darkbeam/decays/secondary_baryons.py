"""Decays of hyperons: flat phase space, unpolarised.

Branching ratios: Particle Data Group, edition 2026 of its data files (https://pdg.lbl.gov), measured modes above
2e-4, renormalised to 1 (what is left out is below 1e-3).  The antiparticle has the conjugate modes.
"""

from __future__ import annotations

from .secondary_modes import Mode

__all__ = ["HYPERONS"]

HYPERONS: dict[int, tuple[Mode, ...]] = {
    3334: (Mode(0.67657, (3122, -321)), Mode(0.24326, (3322, -211)), Mode(0.085465, (3312, 111)),
           Mode(0.0056, (3322, 11, -12)), Mode(3.74e-4, (3312, 211, -211))),
    3312: (Mode(0.99887, (3122, -211)), Mode(5.6336e-4, (3122, 11, -12)), Mode(3.4961e-4, (3122, 13, -14))),
    3322: (Mode(0.99517, (3122, 111)), Mode(0.0033327, (3212, 22)), Mode(0.0012386, (3122, 22)),
           Mode(2.5207e-4, (3222, 11, -12))),
    3212: (Mode(1.0, (3122, 22)),),
    3222: (Mode(0.51468, (2212, 111)), Mode(0.48427, (2112, 211)), Mode(0.0010438, (2212, 22))),
    3112: (Mode(0.99848, (2112, -211)), Mode(0.0010175, (2112, 11, -12)), Mode(4.462e-4, (2112, 13, -14))),
    3122: (Mode(0.64107, (2212, -211)), Mode(0.35878, (2112, 111)), Mode(8.32e-4, (2112, 22)),
           Mode(8.3435e-4, (2212, 11, -12))),
}  # fmt: skip
"""Modes by id, in an order in which no product comes before its parent."""
