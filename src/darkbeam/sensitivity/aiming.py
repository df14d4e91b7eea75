"""From a flux to the rays that cross a decay volume.

The azimuth of a flux is uniform.  It is drawn within the window that the volume covers at the polar angle of
each dark photon, and the weight is multiplied by the share of 2 pi that was sampled: an off-axis detector
costs no more points than one on the axis, and the yield is unbiased.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.experiments import Aim
from darkbeam.sensitivity.vertices import Rays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.experiments import Experiment
    from darkbeam.production.source import Flux

__all__ = ["AimedFlux", "aim_flux"]


@dataclass(frozen=True)
class AimedFlux:
    """Part of a flux that crosses the decay volume, ray by ray.

    Attributes
    ----------
    flux : Flux
        The points that cross; weights (all variations) already multiplied by the azimuthal share.
    direction : array, shape (3, n)
        Unit vectors.
    length_1 : array, shape (n,)
        Decay length gamma beta c tau_1 at epsilon = 1, m.
    rays : Rays
        Weights used for drawing, and path segments in units of the decay length.
    """

    flux: Flux
    direction: NDArray[np.float64]
    length_1: NDArray[np.float64]
    rays: Rays


@lru_cache(maxsize=32)
def _aim(experiment: Experiment) -> Aim:
    """Azimuthal coverage of a decay volume; kept, because it is the same at every mass."""
    return Aim(experiment.decay_volume)


def drawing_weight(flux: Flux) -> NDArray[np.float64]:
    """Weight that serves the central value and every variation alike.

    The mean of all variations, each normalised to the central total, so that no variation is left with a few
    heavily re-weighted draws.
    """
    total = flux.weight.sum()
    parts = [flux.weight]
    for w in flux.variations.values():
        share = w.sum()
        if share > 0.0:
            parts.append(w * (total / share if total > 0.0 else 1.0))
    return np.asarray(np.mean(parts, axis=0))


def aim_flux(flux: Flux, experiment: Experiment, ctau_1: float, u: NDArray[np.float64]) -> AimedFlux:
    """Keep what crosses the decay volume of an experiment.

    Parameters
    ----------
    flux : Flux
    experiment : Experiment
    ctau_1 : float
        Proper decay length at epsilon = 1, m.
    u : array, shape (n,)
        Uniform numbers in [0, 1) for the azimuth, one for each point of the flux.
    """
    solid = experiment.decay_volume
    theta_min, theta_max = solid.angular_window()
    inside = (flux.theta >= theta_min) & (flux.theta <= theta_max) & (flux.energy > flux.mass)
    near = flux.select(inside)
    phi, share = _aim(experiment).sample(near.theta, u[inside])
    sin_theta = np.sin(near.theta)
    direction = np.stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), np.cos(near.theta)])
    path = solid.chord(direction)
    hit = np.any(path.exit > path.enter, axis=0) & (share > 0.0)
    kept = near.select(hit).scaled(share[hit])
    length_1 = kept.momentum / kept.mass * ctau_1
    rays = Rays(drawing_weight(kept), path.enter[:, hit] / length_1, path.exit[:, hit] / length_1)
    return AimedFlux(kept, direction[:, hit], length_1, rays)
