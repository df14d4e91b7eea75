"""User fluxes: formats, checks, and yields that equal what the file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, MissingExtraError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production import flux_files
from darkbeam.production.flux_files import FluxTable, read_flux
from darkbeam.production.mesons import MESON_DECAYS, meson_sources
from darkbeam.production.source import N_BLOCKS, Source
from darkbeam.production.user_flux import UserDarkPhotons, is_user_flux, user_flux_sources
from darkbeam.spectra import load_spectra

SPS = get_facility("SPS")
DARK = "# a comment\nenergy_GeV,theta_rad,weight,mass_GeV\n"
MESON = "energy_GeV,theta_rad,weight,pdg\n"


def written(folder: Path, text: str, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def grid_file(folder: Path, n: int = 400) -> Path:
    """Dark photons at three masses, N(m) = 0.1/m, with momenta 20 to 200 GeV."""
    rng = np.random.default_rng(3)
    lines = [DARK.rstrip()]
    for m in (0.1, 0.2, 0.4):
        k = rng.uniform(20.0, 200.0, n)
        weight = rng.random(n)
        weight *= 0.1 / m / weight.sum()
        lines += [
            f"{np.hypot(a, m):.12g},{t:.6g},{w:.12g},{m}"
            for a, t, w in zip(k, rng.uniform(0, 0.03, n), weight, strict=True)
        ]
    return written(folder, "\n".join(lines) + "\n")


def test_dark_photons_at_tabulated_and_other_masses(tmp_path: Path) -> None:
    (source,) = user_flux_sources(f"flux:{grid_file(tmp_path)}", SPS)
    assert isinstance(source, Source)
    assert source.name == "flux:f.csv"
    for mass in (0.1, 0.15, 0.2, 0.3, 0.4):  # N = 0.1/m is a power of m: the interpolation is exact
        assert source.total(mass) == pytest.approx(0.1 / mass, rel=1e-6)
        flux = source.flux(mass, 4000, np.random.default_rng(1))
        assert flux.total() == pytest.approx(0.1 / mass, rel=0.02)
        assert flux.mass == mass
        assert np.all(flux.energy >= mass)
        assert 19.0 < flux.momentum.min() < flux.momentum.max() < 201.0
        assert set(flux.block) == set(range(N_BLOCKS))
    with pytest.raises(MassRangeError, match=r"0\.1 to 0\.4"):
        source.total(0.05)
    with pytest.raises(MassRangeError):
        source.flux(0.5, 10, np.random.default_rng(1))


def test_one_mass_is_valid_at_that_mass_only(tmp_path: Path) -> None:
    path = written(tmp_path, DARK + "10,0.01,0.5,0.1\n20,0.02,0.25,0.1\n")
    (source,) = user_flux_sources(f"flux:{path}", SPS)
    assert source.total(0.1) == 0.75
    flux = source.flux(0.1, 1000, np.random.default_rng(2))
    assert flux.total() == pytest.approx(0.75, rel=2e-3)
    assert set(np.round(flux.energy, 9)) == {10.0, 20.0}
    with pytest.raises(MassRangeError):
        source.total(0.11)


def test_few_points_of_many_rows_are_unbiased(tmp_path: Path) -> None:
    (source,) = user_flux_sources(f"flux:{grid_file(tmp_path)}", SPS)
    totals = [source.flux(0.2, 30, np.random.default_rng(k)).total() for k in range(200)]
    assert np.mean(totals) == pytest.approx(0.5, abs=4 * np.std(totals) / np.sqrt(200))


def test_mothers_decay_like_those_of_the_shipped_tables(tmp_path: Path) -> None:
    """The eta table of the SPS, written to a file and read back, gives its own yield and mean energy."""
    mothers = load_spectra("SPS").species("eta").sample(20_000, np.random.default_rng(1))
    keep = mothers.weight > 0
    rows = zip(mothers.energy[keep], mothers.theta[keep], mothers.weight[keep], strict=True)
    path = written(tmp_path, MESON + "".join(f"{e:.9g},{t:.9g},{w:.9g},221\n" for e, t, w in rows))
    (user,) = user_flux_sources(f"flux:{path}", SPS)
    shipped = next(s for s in meson_sources("SPS") if s.name == "meson:eta")
    assert user.name == "flux:f.csv:eta"
    assert user.valid == shipped.valid
    assert user.total(0.2) == pytest.approx(shipped.total(0.2), rel=0.01)
    a, b = (s.flux(0.2, 20_000, np.random.default_rng(2)) for s in (user, shipped))
    assert a.total() == pytest.approx(user.total(0.2), rel=0.01)
    means = [np.average(f.energy, weights=f.weight) for f in (a, b)]
    assert means[0] == pytest.approx(means[1], rel=0.03)
    assert len(np.unique(a.mother)) > 10_000


def test_several_species_are_several_sources(tmp_path: Path) -> None:
    path = written(tmp_path, MESON + "10,0.01,2,111\n12,0.01,1,-2214\n11,0.02,0.5,223\n")
    found = {s.name: s for s in user_flux_sources(f"flux:{path}", SPS, "none")}
    assert set(found) == {"flux:f.csv:pi0", "flux:f.csv:omega", "flux:f.csv:Delta", "flux:f.csv:rare"}
    # the omega decays to eta, too; there is no rho0 and no phi
    (to_eta,) = (c for c in MESON_DECAYS["meson:rare"] if c.species == "omega")
    assert found["flux:f.csv:rare"].total(0.1) == pytest.approx(0.5 * to_eta.branching(0.1))
    # one proton-like Delta, no Delta0
    assert found["flux:f.csv:Delta"].flux(0.1, 50, np.random.default_rng(1)).total() == pytest.approx(
        found["flux:f.csv:Delta"].total(0.1)
    )
    assert found["flux:f.csv:omega"].variation_names == ()
    assert found["flux:f.csv:pi0"].flux(0.05, 50, np.random.default_rng(1)).total() == pytest.approx(
        found["flux:f.csv:pi0"].total(0.05)
    )


def test_rho_mesons(tmp_path: Path) -> None:
    """A rho is broad: energies a little below its nominal mass are accepted; both of its decays are in one source."""
    path = written(tmp_path, MESON + "10,0.01,2,113\n0.6,0.01,1,113\n")
    (source,) = user_flux_sources(f"flux:{path}", SPS, "none")
    assert source.name == "flux:f.csv:rare"
    ours = [c for c in MESON_DECAYS["meson:rare"] if c.species == "rho0"]
    assert len(ours) == 2
    assert source.total(0.1) == pytest.approx(3.0 * sum(c.branching(0.1) for c in ours))
    with pytest.raises(ValueRangeError, match="below the mass"):
        user_flux_sources(f"flux:{written(tmp_path, MESON + '0.4,0.01,1,113')}", SPS, "none")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty file"),
        (DARK, "no particles"),
        ("energy,theta_rad,weight,mass_GeV\n1,0,1,0.1\n", "unknown column 'energy'"),
        ("energy_GeV,theta_rad,weight,weight,pdg\n", "appears twice"),
        ("energy_GeV,weight,mass_GeV\n1,1,0.1\n", "no column 'theta_rad'"),
        ("energy_GeV,theta_rad,weight\n1,0,1\n", "mass_GeV .* and pdg"),
        ("energy_GeV,theta_rad,weight,mass_GeV,pdg\n1,0,1,0.1,111\n", "not both"),
        (DARK + "10,0.01,abc,0.1\n", "line 3.*abc"),
        (DARK + "10,0.01,1\n", "line 3 has 3 values, not 4"),
        (DARK + "10,0.01,1,0.1\n10,0.01,nan,0.1\n", "weight is not finite: nan in row 2"),
        (DARK + "10,0.01,-1,0.1\n10,0.01,-2,0.1\n", "weight is negative: -1 in row 1, and 1 more"),
        (DARK + "10,45,1,0.1\n", "degrees"),
        (DARK + "10,-0.1,1,0.1\n", "theta_rad"),
        (DARK + "10000,0.01,1,0.1\n", "above the beam energy of 400 GeV"),
        (DARK + "0.05,0.01,1,0.1\n", "below the mass"),
        (DARK + "10,0.01,1,0\n", "mass_GeV is not positive"),
        (DARK + "10,0.01,0,0.1\n", "all weights are 0"),
        (MESON + "10,0.01,1,130\n", "pdg is not one of 111"),
        (MESON + "10,0.01,1,-111\n", "pdg is not one of"),
        (MESON + "0.4,0.01,1,221\n", "below the mass of the particle"),
    ],
)
def test_bad_tables_are_refused_by_row(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueRangeError, match=words):
        read_flux(written(tmp_path, text), SPS)


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(ValueRangeError, match="no such file"):
        read_flux(tmp_path / "missing.csv", SPS)
    with pytest.raises(ValueRangeError, match=r"valid endings: \.csv"):
        read_flux(written(tmp_path, "x", "f.txt"), SPS)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueRangeError, match="cannot be read"):
        read_flux(tmp_path / "b.csv", SPS)


@pytest.mark.parametrize(("name", "what"), [("f.parquet", "Parquet"), ("f.hepmc3", "HepMC3")])
def test_missing_extra_is_named(
    tmp_path: Path, name: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(flux_files.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=rf"{what} needs the extra 'io'"):
        read_flux(written(tmp_path, "x", name), SPS)


def test_parquet_round_trip(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "energy_GeV": [10.0, 20.0],
        "theta_rad": [0.01, 0.02],
        "weight": [0.1, 0.3],
        "mass_GeV": [0.1, 0.1],
    }
    parquet.write_table(pa.table(columns), tmp_path / "f.parquet")
    table = read_flux(tmp_path / "f.parquet", SPS)
    np.testing.assert_array_equal(table.energy, columns["energy_GeV"])
    assert UserDarkPhotons("flux:x", table).total(0.1) == pytest.approx(0.4)
    parquet.write_table(pa.table({**columns, "mass_GeV": ["a", "b"]}), tmp_path / "g.parquet")
    with pytest.raises(ValueRangeError, match="not numeric"):
        read_flux(tmp_path / "g.parquet", SPS)
    with pytest.raises(ValueRangeError, match="not a Parquet file"):
        read_flux(written(tmp_path, "hello", "h.parquet"), SPS)


def test_hepmc3_round_trip(tmp_path: Path) -> None:
    """Two collisions of weights 1 and 3 with one eta each and two copies of it: multiplicity 1."""
    pyhepmc = pytest.importorskip("pyhepmc")
    with pyhepmc.open(str(tmp_path / "f.hepmc3"), "w") as out:
        for k, weight in enumerate((1.0, 3.0)):
            event = pyhepmc.GenEvent(pyhepmc.Units.MEV, pyhepmc.Units.MM)
            event.event_number, event.weights = k, [weight]
            p = (100.0, 0.0, 2e4, float(np.sqrt(100.0**2 + 2e4**2 + 547.862**2)))
            beam, eta, copy = (
                pyhepmc.GenParticle((0.0, 0.0, 4e5, 4e5 + 1.1), 2212, 4), pyhepmc.GenParticle(p, 221, 2),
                pyhepmc.GenParticle(p, 221, 1),
            )  # fmt: skip
            first, second = pyhepmc.GenVertex(), pyhepmc.GenVertex()
            first.add_particle_in(beam)
            first.add_particle_out(eta)
            second.add_particle_in(eta)
            second.add_particle_out(copy)
            event.add_vertex(first)
            event.add_vertex(second)
            out.write(event)
    table = read_flux(tmp_path / "f.hepmc3", SPS)
    np.testing.assert_allclose(table.weight, [0.25, 0.75])
    np.testing.assert_allclose(table.theta, np.arctan(0.1 / 20.0))
    np.testing.assert_allclose(table.energy, 20.0, rtol=1e-3)
    (source,) = user_flux_sources(f"flux:{tmp_path / 'f.hepmc3'}", SPS)
    assert source.name == "flux:f.hepmc3:eta"


def test_names() -> None:
    assert is_user_flux("flux:a.csv")
    assert not is_user_flux("meson:pi0")
    one = np.array([1.0])
    assert UserDarkPhotons("flux:x", FluxTable(one, one, one, one, None)).variation_names == ()
