"""What a user can choose about events, beside what `darkbeam.sensitivity.options.Options` holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.errors import UnknownNameError, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CHUNK", "PYTHIA", "SELECTIONS", "EventSettings"]

CHUNK = 2**13
"""Events of a chunk, the unit of work: it has random streams of its own."""
SELECTIONS = ("none", "geometry", "full")
PYTHIA = ("off", "on", "auto")
N_MAX = 10**9
DARK_PHOTON = 4900022
"""Default PDG id of the decaying particle: in the range of hidden-valley particles."""


@dataclass(frozen=True)
class EventSettings:
    """How events are made.

    Attributes
    ----------
    n : int
        Events written for each mass and coupling.
    select : {"full", "geometry", "none"}
        Write decays that pass the whole selection of the experiment, those whose products reach the detector (up to
        and including its stage "detector plane"), or all decays in the volume.
    weighted : bool
        Draw such that every production variation is covered, and carry weights; otherwise all weights of a point are
        equal.
    channels : tuple of str, optional
        Decay channels; those that the experiment counts if None.  "all" and "hadrons" are understood.
    hadrons : tuple of str
        Files of hadronic decays made elsewhere, see `darkbeam.decays.imported`; those of the calculation if empty.
    pythia : {"auto", "on", "off"}
        Hadronise quarks with Pythia on the fly; "auto" does so where the stored library would be used more than twice
        over and Pythia is installed.
    in_flight : bool
        Let K_S and hyperons decay where they fly to; otherwise at the vertex.  The selection treats them as
        decayed at the vertex in both cases.
    pdg : int
        Id of the decaying particle.
    """

    n: int
    select: str = "full"
    weighted: bool = False
    channels: tuple[str, ...] | None = None
    hadrons: tuple[str, ...] = ()
    pythia: str = "auto"
    in_flight: bool = False
    pdg: int = DARK_PHOTON

    def __post_init__(self) -> None:
        if not 0 < self.n <= N_MAX:
            raise ValueRangeError(f"-n needs a number between 1 and {N_MAX}, not {self.n}")
        if self.select not in SELECTIONS:
            raise UnknownNameError("selection", self.select, SELECTIONS)
        if self.pythia not in PYTHIA:
            raise UnknownNameError("choice of --pythia", self.pythia, PYTHIA)
        if self.pythia == "on" and self.hadrons:
            raise ValueRangeError(
                "--pythia on and --hadrons exclude each other: both make the hadronic decays"
            )
        if self.channels is not None and not self.channels:
            raise ValueRangeError("--channels needs at least one channel")
        if not 0 < abs(self.pdg) < 2**31:
            raise ValueRangeError(f"--pdg {self.pdg} is not a PDG id")

    @property
    def chunks(self) -> int:
        """Chunks of each point."""
        return -(-self.n // CHUNK)

    def size(self, chunk: int) -> int:
        """Events of one chunk of a point."""
        return min(CHUNK, self.n - chunk * CHUNK)

    def to_card(self) -> dict[str, Any]:
        """JSON-serialisable form; files enter with a hash of their content."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["channels"] = None if self.channels is None else list(self.channels)
        plain["hadrons"] = [[Path(name).name, _content(Path(name))] for name in self.hadrons]
        return {**plain, "chunk_size": CHUNK}


def _content(path: Path) -> str:
    """Hash of a file, or of the files of a folder."""
    digest = hashlib.sha256()
    files: Iterable[Path] = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if not file.is_file():
            raise ValueRangeError(f"decays {file}: no such file")
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
