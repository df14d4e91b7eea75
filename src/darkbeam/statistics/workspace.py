r"""A counting experiment as a pyhf workspace (HistFactory JSON, arXiv:1007.1727 and CERN-OPEN-2012-016).

One channel with one bin and two samples: the signal at one point of the model times the strength mu, and
the background.  Relative errors enter as log-normal ``normsys`` modifiers.  darkbeam writes the JSON itself; only
fitting it needs pyhf (``pip install 'darkbeam[stats]'``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkbeam.errors import MissingExtraError, ValueRangeError

if TYPE_CHECKING:
    from .counting import Counting

__all__ = ["cls_with_pyhf", "workspace"]


def workspace(count: Counting, signal: float, name: str = "experiment", **measurement: Any) -> dict[str, Any]:
    """Workspace of one counting experiment.

    Parameters
    ----------
    count : Counting
    signal : float
        Expected signal at mu = 1, events.
    name : str
        Name of the channel.
    **measurement
        Further entries of the measurement's configuration.

    Raises
    ------
    ValueRangeError
        For a signal that is not positive.
    """
    if not signal > 0.0:
        raise ValueRangeError(f"a workspace needs a positive signal, not {signal:g} events")
    signal_modifiers: list[dict[str, Any]] = [{"name": "mu", "type": "normfactor", "data": None}]
    signal_modifiers += _norm_error("signal_error", count.signal_error)
    samples = [{"name": "signal", "data": [signal], "modifiers": signal_modifiers}]
    if count.background > 0.0:
        relative = count.background_error / count.background
        modifiers = _norm_error(f"background_error_{name}", relative)
        samples.append({"name": "background", "data": [count.background], "modifiers": modifiers})
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": samples}],
        "observations": [{"name": name, "data": [count.events_seen]}],
        "measurements": [{"name": "darkbeam", "config": {"poi": "mu", "parameters": [], **measurement}}],
    }


def _norm_error(name: str, relative: float) -> list[dict[str, Any]]:
    """Log-normal error of a normalisation; none for 0."""
    if relative == 0.0:
        return []
    return [{"name": name, "type": "normsys", "data": {"hi": 1.0 + relative, "lo": 1.0 / (1.0 + relative)}}]


def cls_with_pyhf(spec: dict[str, Any], mu: float = 1.0) -> float:
    """Observed CLs of a workspace at a signal strength, by pyhf's asymptotic formulae.

    Raises
    ------
    MissingExtraError
        If pyhf is not installed.
    """
    try:
        import pyhf  # the extra `stats`
    except ImportError:
        raise MissingExtraError("pyhf", "stats") from None
    model = pyhf.Workspace(spec).model()
    data = pyhf.Workspace(spec).data(model)
    return float(pyhf.infer.hypotest(mu, data, model, test_stat="qtilde"))
