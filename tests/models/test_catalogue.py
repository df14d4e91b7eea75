"""Named models and user cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from darkbeam.errors import CardError, UnknownNameError
from darkbeam.models import MODEL_NAMES, Charges, DarkPhoton, VectorModel, get_model
from darkbeam.models.charges import FERMIONS

if TYPE_CHECKING:
    from pathlib import Path

CARD = """name = "mine"

[charges]
u = 0.5
d = -0.5
e = -1.0

[dark]
kind = "dirac"
alpha_D = 0.2
R_chi = 0.3
"""


def test_all_names() -> None:
    for name in MODEL_NAMES:
        assert get_model(name).name == name
        assert get_model(name.upper().replace("_", "")).name == name
    assert get_model("A'") == DarkPhoton()
    assert get_model("leptophobic").name == "B"


def test_anomaly_free_combinations() -> None:
    """Three colours of two quarks per generation carry B = 2; it cancels against L: sum of 3 x (u + d) + x_l = 0."""
    for name in MODEL_NAMES:
        if not name.startswith("B-"):
            continue
        x = get_model(name).charges
        leptons = x.e + x.mu + x.tau
        assert 3.0 * (x.u + x.c + x.t) == pytest.approx(-leptons)
        assert (x.nu_e, x.nu_mu, x.nu_tau) == (x.e, x.mu, x.tau)


def test_protophobic() -> None:
    """No coupling to the proton uud; the neutron udd has the charge of the electron, with the other sign."""
    x = get_model("protophobic").charges
    assert 2.0 * x.u + x.d == pytest.approx(0.0)
    assert x.u + 2.0 * x.d == pytest.approx(-x.e)


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'B-3L_mu'"):
        get_model("B-3L_my")


def write(folder: Path, text: str) -> Path:
    path = folder / "card.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_card(tmp_path: Path) -> None:
    model = get_model(str(write(tmp_path, CARD)))
    assert model.charges == Charges(u=0.5, d=-0.5, e=-1.0)
    assert model.dark is not None
    assert (model.dark.alpha_D, model.dark.R_chi, model.dark.m_chi) == (0.2, 0.3, None)
    assert model.channels[-1] == "invisible"
    assert isinstance(model, VectorModel)


def test_card_of_the_photon_is_the_photon(tmp_path: Path) -> None:
    charges = "\n".join(f"{f} = {getattr(DarkPhoton().charges, f)!r}" for f in FERMIONS)
    model = get_model(write(tmp_path, f'name = "same"\n[charges]\n{charges}\n'))
    assert model.ctau(1.3) == DarkPhoton().ctau(1.3)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("u = 0.5", "up = 0.5", r"line 4: key 'charges.up': unknown key; did you mean 'u'"),
        ("u = 0.5", 'u = "x"', r"line 4: key 'charges.u': must be a number"),
        ("u = 0.5", "u = nan", r"line 4: key 'charges.u': must be finite"),
        ("e = -1.0", "e = -1.0\nz = 2", r"line 7: key 'charges.z': unknown key"),
        ('kind = "dirac"', 'kind = "diract"', r"line 9: key 'dark.kind'.*'dirac'"),
        ("R_chi = 0.3", "R_chi = 0.3\nm_chi_GeV = 1.0", r"line 12: key 'dark.m_chi_GeV': give either"),
        ("R_chi = 0.3", "R_chi = 0.3\nsplitting = 0.1", r"line 12: key 'dark.splitting'.*pseudo-dirac"),
        ("alpha_D = 0.2", "alpha_D = -0.2", r"line 10: key 'dark.alpha_D': must be above 0"),
        ('name = "mine"', 'name = "b-l"', r"line 1: key 'name'.*shipped model"),
        ('name = "mine"', 'name = "my model"', r"line 1: key 'name'.*letters"),
        ('name = "mine"', "mass = 3", r"line 1: key 'mass': unknown key"),
        ("u = 0.5\nd = -0.5\ne = -1.0", "t = 1.0", r"line 3: key 'charges': charges that give no decay"),
        ("u = 0.5", "u = ", r"not valid TOML.*line 4"),
    ],
)
def test_card_errors(tmp_path: Path, old: str, new: str, match: str) -> None:
    assert old in CARD
    with pytest.raises(CardError, match=match):
        get_model(write(tmp_path, CARD.replace(old, new)))


def test_missing_card() -> None:
    with pytest.raises(CardError, match="no such file"):
        get_model("nowhere.toml")
