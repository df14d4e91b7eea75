r"""Self-check of a decay volume: volume, solid angle and window, found by rays as the flux finds it.

With the aimed azimuths of `Aim` and rays from the production point,

    Omega = int dOmega [hit],        V = int dOmega sum_pieces (exit^3 - enter^3) / 3

on a midpoint grid in theta and azimuth.  V must agree with the volume of the solid: it tests chords, window and
aim at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .aim import Aim
from .solid import Solid

if TYPE_CHECKING:
    from darkbeam.experiments.experiment import Experiment

__all__ = ["GeometrySummary", "geometry_summary"]

_N_THETA, _N_PHI = 512, 256


@dataclass(frozen=True)
class GeometrySummary:
    """What a decay volume looks like from the production point.

    Attributes
    ----------
    volume, volume_error : float
        From the shape, m^3; the error is 0 where the shape has a closed form.
    volume_from_chords : float
        From rays, m^3; agrees to about 0.5 %.
    solid_angle : float
        sr.
    theta_min, theta_max : float
        Polar angles, rad.
    azimuth_share : float
        Mean share of 2 pi that is sampled.
    hit_share : float
        Share of the aimed rays that hit.
    nearest, farthest : float
        Distances from the production point at which rays enter first and leave last, m.
    longest : float
        Longest path inside, m.
    box : tuple of (low, high)
        Extent in x, y and z, m.
    """

    volume: float
    volume_error: float
    volume_from_chords: float
    solid_angle: float
    theta_min: float
    theta_max: float
    azimuth_share: float
    hit_share: float
    nearest: float
    farthest: float
    longest: float
    box: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values with units, for a table."""
        error = f" +- {self.volume_error:.2g}" if self.volume_error > 0.0 else ""
        off = self.volume_from_chords / self.volume - 1.0
        x, y, z = (f"{low:g} to {high:g} m" for low, high in np.round(self.box, 6))
        eta = [
            -np.log(np.tan(0.5 * angle)) if angle > 0.0 else np.inf
            for angle in (self.theta_max, self.theta_min)
        ]
        return [
            ("x", x), ("y", y), ("z", z),
            ("volume", f"{self.volume:.6g}{error} m^3"),
            ("volume from chords", f"{self.volume_from_chords:.6g} m^3 ({100.0 * off:+.2f} %)"),
            ("solid angle", f"{self.solid_angle:.4g} sr ({self.solid_angle / (4.0 * np.pi):.3g} of the sphere)"),
            ("polar angle", f"{1e3 * self.theta_min:.4g} to {1e3 * self.theta_max:.4g} mrad"),
            ("pseudorapidity", f"{eta[0]:.3g} to {eta[1]:.3g}"),
            ("azimuth", f"{100.0 * self.azimuth_share:.3g} % sampled, {100.0 * self.hit_share:.3g} % of it hits"),
            ("distance", f"{self.nearest:.4g} to {self.farthest:.4g} m"),
            ("longest path", f"{self.longest:.4g} m"),
        ]  # fmt: skip


def geometry_summary(experiment: Experiment | Solid) -> GeometrySummary:
    """Measure the decay volume of an experiment (or a solid) with rays."""
    solid = experiment if isinstance(experiment, Solid) else experiment.decay_volume
    low, high = solid.angular_window()
    theta = np.repeat(low + (high - low) * (np.arange(_N_THETA) + 0.5) / _N_THETA, _N_PHI)
    phi, share = Aim(solid).sample(theta, np.tile((np.arange(_N_PHI) + 0.5) / _N_PHI, _N_THETA))
    sin_theta = np.sin(theta)
    enter, leave = solid.chord(np.stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), np.cos(theta)]))
    used = leave > enter
    hit = np.any(used, axis=0) & (share > 0.0)
    element = 2.0 * np.pi * (high - low) / theta.size * share * sin_theta
    x, y, z = ((-solid.extent(-axis), solid.extent(axis)) for axis in np.eye(3))
    return GeometrySummary(
        volume=solid.volume,
        volume_error=float(getattr(solid, "volume_error", 0.0)),
        volume_from_chords=float(np.sum(element * np.sum(leave**3 - enter**3, axis=0)) / 3.0),
        solid_angle=float(np.sum(element * hit)),
        theta_min=low,
        theta_max=high,
        azimuth_share=float(np.mean(share)),
        hit_share=float(np.sum(share * hit) / np.sum(share)),
        nearest=float(np.min(enter, where=used, initial=np.inf)),
        farthest=float(np.max(leave)),
        longest=float(np.max(np.sum(leave - enter, axis=0))),
        box=(x, y, z),
    )
