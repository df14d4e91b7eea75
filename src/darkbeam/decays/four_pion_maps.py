r"""Candidates for decays to four pions: mixture of sequential Breit-Wigner maps.

A map is an order a (b (c d)) of the pions, with a pole (M, G) in s = (Q - q_a)^2 and one in t = (q_c + q_d)^2:

    s = M^2 + M G tan(x),  x uniform between the images of (m_b + m_c + m_d)^2 and (m - m_a)^2,
    t likewise between (m_c + m_d)^2 and (sqrt s - m_b)^2,  angles isotropic in each two-body frame,

so that its density per unit of dPhi_4 = ds dt/(2 pi)^2 prod p*/(4 pi M) prod dOmega/(4 pi) is

    g = (2 pi)^2 (4 pi)^3 h(s) h(t) m sqrt(s t / (p_a^2 p_b^2 p_c^2)),
    h(s) = M G / ([(s - M^2)^2 + M^2 G^2] (x_max - x_min)),

with p_a, p_b, p_c the momenta of a, b, c in the frames of Q, Q - q_a, q_c + q_d.  Momenta are made in a body
frame with a along z and b in the x-z plane; the orientation is left to the caller.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.hadrons.four_pion_current import Invariants, lorentz_dot
from darkbeam.kinematics import breakup_momentum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Pole = tuple[float, float]
    Order = tuple[int, int, int, int]

__all__ = ["Family", "Mixture"]

TINY = 1e-300


@dataclass(frozen=True)
class Family:
    """Maps that a permutation of identical or conjugate pions turns into each other.

    ``count`` candidates of each set are made with the first order: |J|^2 and the density have the symmetry, so
    the others would only give permuted candidates.
    """

    orders: tuple[Order, ...]
    three: Pole
    two: Pole
    count: int = 1


def _image(s: float | Floats, pole: Pole | Floats) -> Floats:
    """Image of a mass squared: x of the map."""
    M, G = pole
    return np.asarray(np.arctan((s - M * M) / (M * G)))


def _draw(u: Floats, low: Floats, high: Floats, pole: Floats) -> Floats:
    """Mass squared between the limits."""
    M, G = pole
    start = _image(low, pole)
    return np.asarray(np.clip(M * M + M * G * np.tan(start + (_image(high, pole) - start) * u), low, high))


def _line(s: Floats, pole: Pole) -> Floats:
    """h(s) without the span of x."""
    M, G = pole
    return np.asarray(M * G / (np.square(s - M * M) + (M * G) ** 2))


def _boost_z(energy: Floats, pz: Floats, frame: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats]:
    """(E, pz) of a particle given in a frame with energy, momentum along z and mass ``frame``."""
    E, k, mass = frame
    return (E * energy + k * pz) / mass, (k * energy + E * pz) / mass


class Mixture:
    """All maps of one mode at one mass; a set of candidates has ``size`` of them."""

    def __init__(self, mass: float, masses: tuple[float, ...], families: tuple[Family, ...]) -> None:
        self.mass, self.masses, self.families = mass, masses, families
        made = [family for family in families for _ in range(family.count)]
        self.size = len(made)
        self._orders = [family.orders[0] for family in made]
        self._m = np.array([[masses[i] for i in order] for order in self._orders]).T[:, :, None]
        self._three = np.array([family.three for family in made]).T[:, :, None]
        self._two = np.array([family.two for family in made]).T[:, :, None]

    def generate(self, u: Floats) -> Floats:
        """Body-frame momenta, shape (4 pions, 4, size, n), from uniform numbers (5, size, n)."""
        m, (ma, mb, mc, md) = self.mass, self._m
        s = _draw(u[0], (mb + mc + md) ** 2, (m - ma) ** 2, self._three)
        root_s = np.sqrt(s)
        t = _draw(u[1], (mc + md) ** 2, (root_s - mb) ** 2, self._two)
        root_t = np.sqrt(t)
        pa, pb = breakup_momentum(m, ma, root_s), breakup_momentum(root_s, mb, root_t)
        pc = breakup_momentum(root_t, mc, md)
        made = np.zeros((4, 4, *s.shape))
        a, b, c, d = made
        a[0], a[3] = np.sqrt(pa * pa + ma * ma), pa
        frame_s = (m - a[0], -pa, root_s)
        z_b, z_c = 2.0 * u[2] - 1.0, 2.0 * u[3] - 1.0
        r_b, r_c = np.sqrt(1.0 - z_b * z_b), np.sqrt(1.0 - z_c * z_c)
        b[1] = pb * r_b
        b[0], b[3] = _boost_z(np.sqrt(pb * pb + mb * mb), pb * z_b, frame_s)
        frame_t = (np.sqrt(pb * pb + t), pb, root_t)  # its z axis is -(r_b, 0, z_b)
        energy, along = _boost_z(np.sqrt(pc * pc + mc * mc), pc * z_c, frame_t)
        phi = 2.0 * np.pi * u[4]
        side = pc * r_c * np.cos(phi)
        c[1], c[2] = -along * r_b - side * z_b, pc * r_c * np.sin(phi)
        c[0], c[3] = _boost_z(energy, side * r_b - along * z_b, frame_s)
        d[0] = m - a[0] - b[0] - c[0]
        d[1:] = -(a[1:] + b[1:] + c[1:])
        return self._by_pion(made)

    def _by_pion(self, made: Floats) -> Floats:
        """Momenta in the order of the current instead of the order of each map."""
        out = np.empty_like(made)
        for k, order in enumerate(self._orders):
            for slot, pion in enumerate(order):
                out[pion, :, k] = made[slot, :, k]
        return out

    def density(self, inv: Invariants) -> Floats:
        """Sum over a set's candidates of their densities per unit of dPhi_4, shape of the invariants."""
        m, orders = self.masses, [order for family in self.families for order in family.orders]
        three = {}
        for a in {order[0] for order in orders}:
            s = inv.without(a)
            p2 = np.square(inv.Qq[a] / self.mass) - m[a] ** 2
            three[a] = s, np.sqrt(s), s / np.maximum(p2, TINY)
        two = {}
        for c, d in {order[2:] for order in orders}:
            t = inv.pair(c, d)
            p2 = breakup_momentum(np.sqrt(t), m[c], m[d]) ** 2
            two[c, d] = t, t / np.maximum(p2, TINY)
        total = np.zeros(inv.dot[0, 1].shape)
        for family in self.families:
            h_t = {pair: _line(two[pair][0], family.two) for pair in {order[2:] for order in family.orders}}
            h_s: dict[tuple[float, ...], Floats] = {}
            for a, b, c, d in family.orders:
                (s, root_s, over_a), (t, over_c) = three[a], two[c, d]
                key = (a, m[b], m[c] + m[d])
                if key not in h_s:
                    h_s[key] = self._line_three(family, (a, b, c, d), s, root_s)
                p2 = np.square(s + (m[b] ** 2 - t)) / (4.0 * s) - m[b] ** 2
                total += h_s[key] * h_t[c, d] * np.sqrt(over_a * over_c / np.maximum(p2, TINY))
        return total * ((2.0 * np.pi) ** 2 * (4.0 * np.pi) ** 3 * self.mass)

    def _line_three(self, family: Family, order: Order, s: Floats, root_s: Floats) -> Floats:
        """h(s) over the span of x of t, times the candidates per order of the family."""
        ma, mb, mc, md = (self.masses[i] for i in order)
        x_s = _image((self.mass - ma) ** 2, family.three) - _image((mb + mc + md) ** 2, family.three)
        x_t = _image(np.square(root_s - mb), family.two) - _image((mc + md) ** 2, family.two)
        share = family.count / len(family.orders)
        return np.asarray(_line(s, family.three) * (share / x_s) / np.maximum(x_t, TINY))

    def invariants(self, momenta: Floats) -> Invariants:
        """Invariants of body-frame momenta (4 pions, 4, ...); masses and Q are taken as exact."""
        dot = {(i, j): lorentz_dot(momenta[i], momenta[j]) for i in range(4) for j in range(i + 1, 4)}
        Qq = tuple(self.mass * q[0] for q in momenta)
        return Invariants(np.asarray(self.mass**2), Qq, tuple(m * m for m in self.masses), dot)
