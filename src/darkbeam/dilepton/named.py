"""Measured sources by name: ``dilepton:MODEL.npz``, and ``dilepton:mock`` for the shipped model of the mock.

At a facility other than that of the data the source is carried over by generator ratios (`transport`).  Where the
facility has meson spectra and the data are muon pairs, the analytic part below 2 m_mu is added (`below`).
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.dilepton.vectors import VectorSource
    from darkbeam.facilities import Facility

__all__ = [
    "MOCK_NAME", "PREFIX", "beam_of", "is_measured", "measured_file", "measured_source", "source_name",
]  # fmt: skip

PREFIX = "dilepton:"
MOCK_NAME = "mock"
"""Name of the shipped model, which is trained on mock data and not on a measurement."""


def is_measured(name: str) -> bool:
    """Whether a name of a source means a model made from lepton pairs.

    Examples
    --------
    >>> is_measured("dilepton:my.npz"), is_measured("drell-yan")
    (True, False)
    """
    return name.lower().startswith(PREFIX)


def source_name(text: str) -> str:
    """Name of a source from a path, ``mock``, or a name that already is one.

    Examples
    --------
    >>> source_name("my.npz"), source_name("dilepton:mock")
    ('dilepton:my.npz', 'dilepton:mock')
    """
    return text if is_measured(text) else f"{PREFIX}{text}"


def beam_of(name: str) -> str:
    """Facility at which the pairs behind a name were measured."""
    from darkbeam.dilepton.model_file import load_model

    return load_model(measured_file(name)).beam


def measured_file(name: str) -> Path:
    """Model file of a name.

    Raises
    ------
    ValueRangeError
        If there is no such file.
    """
    text = name[len(PREFIX) :].strip()
    if text.lower() == MOCK_NAME:
        return Path(str(resources.files("darkbeam.data") / "dilepton" / "mock.npz"))
    path = Path(text)
    if not text or not path.is_file():
        raise ValueRangeError(
            f"no model {text or '(no name)'}; give {PREFIX}MODEL.npz of `darkbeam dilepton fit`, "
            f"or {PREFIX}{MOCK_NAME}"
        )
    return path


def measured_source(
    name: str, facility: Facility, normalisation: str = "inelastic"
) -> OffShellPhoton | VectorSource:
    """Source of ``dilepton:FILE`` at a facility.

    Parameters
    ----------
    name : str
        ``dilepton:`` and a path, or ``dilepton:mock``.
    facility : Facility
    normalisation : {"inelastic"}
        A measured yield is per inelastic collision.

    Raises
    ------
    ValueRangeError
        Without a file or a normalisation of the data, or for yields averaged over elastic collisions.
    """
    from darkbeam.dilepton.model_file import load_model
    from darkbeam.dilepton.transport import transport_to
    from darkbeam.dilepton.vectors import VectorSource

    if normalisation != "inelastic":
        raise ValueRangeError(
            f"{name} is measured per inelastic collision; leave --normalisation {normalisation} out"
        )
    path = measured_file(name)
    bundle = load_model(path)
    transport = transport_to(bundle.beam, facility.name) if facility.name != bundle.beam else None
    label = f"{PREFIX}{MOCK_NAME if name[len(PREFIX) :].lower() == MOCK_NAME else path.name}"
    source = bundle.source(label, transport)
    return source if bundle.vector is None else VectorSource(source, *bundle.vector)
