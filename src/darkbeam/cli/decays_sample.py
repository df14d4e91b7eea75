"""``darkbeam decays sample``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from darkbeam.decays.imported import ImportedDecays
    from darkbeam.decays.sampling import DecayModel

__all__ = ["sample"]

N_MAX = 10_000_000


def sample(
    mass: opt.Mass,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="FILE.json, .parquet, .hepmc3 or .csv.", metavar="FILE")
    ],
    channel: Annotated[
        str,
        typer.Option(
            "-C", "--channel", help="Comma-separated channels, 'hadrons', or 'all'.", metavar="LIST"
        ),
    ] = "all",
    n: Annotated[int, typer.Option("-n", help="Number of decays.")] = 1000,
    model: Annotated[str, typer.Option("--model", help="Name or TOML card of a model.")] = "dark-photon",
    seed: opt.Seed = 1,
    hadrons: Annotated[
        list[Path] | None,
        typer.Option(
            "--hadrons", help="Decays made elsewhere for all hadronic channels (repeat, or a folder)."
        ),
    ] = None,
    stable: Annotated[
        str | None, typer.Option("--stable", help="PDG ids to keep, e.g. 310,3122 for K_S and Lambda.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Write intermediate particles too (not in JSON).")
    ] = False,
    weighted: Annotated[bool, typer.Option("--weighted", help="Allow weights where that is faster.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json: opt.Json = False,
) -> None:
    """Sample decays of a vector at rest, down to stable particles, and write them to a file."""
    from darkbeam.decays import DecaySetting, sample_rest  # slow to import
    from darkbeam.decays.files import DecayInfo, check_target, write_decays
    from darkbeam.decays.imported import ImportedDecays
    from darkbeam.models import get_model
    from darkbeam.rng import stream

    if not 0 < n <= N_MAX:
        raise ValueRangeError(f"-n needs a number between 1 and {N_MAX}, not {n}")
    if seed < 0:
        raise ValueRangeError(f"--seed needs a number of at least 0, not {seed}")
    check_target(output, force=force)
    chosen = get_model(model)
    kept = _stable_ids(stable)
    imported = ImportedDecays.read(*hadrons) if hadrons else None
    charges = chosen.charges_at(mass)
    heavy = {"c": charges.c, "b": charges.b}
    setting = DecaySetting(charges.couplings, weighted=weighted, hadrons=imported, quarks=heavy)
    wanted = _channels(chosen, mass, channel)
    products = sample_rest(
        chosen, mass, n, stream(seed, "decays sample"), wanted, setting, stable=kept, history=history
    )
    write_decays(output, products, DecayInfo(mass, model, seed), force=force)
    notes = _notes(imported, mass, int((products.channel == len(chosen.channels)).sum()))
    if json:
        counts = {name: int((products.channel == k).sum()) for k, name in enumerate(products.names)}
        echo_json({"file": str(output), "mass_GeV": mass, "decays": n, "by_channel": counts, "notes": notes})
        return
    typer.echo(str(output))
    for note in notes:
        typer.echo(f"note: {note}")


def _channels(model: DecayModel, mass: float, text: str) -> tuple[str, ...] | None:
    """Channels of the list, each open at this mass; None for all."""
    from darkbeam.decays.imported import HADRONS, is_hadronic  # slow to import
    from darkbeam.errors import UnknownNameError

    names = opt.split_names(text) or ()
    if not names:
        raise ValueRangeError("--channel needs at least one channel")
    if "all" in names:
        return None
    branching = model.branching(mass)
    if HADRONS in names:
        opened = [name for name in model.channels if is_hadronic(name) and float(branching[name]) > 0.0]
        if not opened:
            raise ValueRangeError(f"no hadronic channel is open at {mass:g} GeV")
        names = (*(name for name in names if name != HADRONS), *opened)
    for name in names:
        if name not in branching:
            raise UnknownNameError("decay channel", name, ("all", HADRONS, *model.channels))
        if not float(branching[name]) > 0.0:
            raise ValueRangeError(f"the channel {name} is closed at {mass:g} GeV")
    return tuple(dict.fromkeys(names))


def _stable_ids(text: str | None) -> frozenset[int]:
    """PDG ids of a comma-separated list, without signs."""
    from darkbeam.decays.secondary import DECAYS  # slow to import

    ids = set()
    for word in opt.split_names(text) or ():
        if not word.lstrip("+-").isdigit() or abs(int(word)) not in DECAYS:
            valid = ", ".join(map(str, sorted(DECAYS)))
            raise ValueRangeError(
                f"--stable: {word!r} is not the PDG id of a particle that decays; valid: {valid}"
            )
        ids.add(abs(int(word)))
    return frozenset(ids)


def _notes(imported: ImportedDecays | None, mass: float, n: int) -> list[str]:
    """Remarks on imported decays."""
    if imported is None or not n:
        return []
    source, again = imported.list_for(mass), imported.repeats(mass, n)
    notes = [f"{n} hadronic decays from {source.file} ({len(source)} decays at {source.mass:g} GeV)"]
    if again:
        notes.append(f"{again} of them repeat another one, turned in space")
    return notes
