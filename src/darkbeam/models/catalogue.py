"""Named models: published vector charges, in units of their coupling g = epsilon e.

Sources: arXiv:1801.04847 (dark photon, B-L, B, protophobic), arXiv:1803.05466 (differences of lepton flavours),
arXiv:2201.01788 (B-3L_i).
"""

from __future__ import annotations

from pathlib import Path

from darkbeam.constants import ALPHA
from darkbeam.errors import UnknownNameError, ValueRangeError

from .charges import LEPTON_FIELDS, QUARK_FIELDS, Charges
from .dark_photon import DarkPhoton
from .induced import ConstantMixing, LeptonLoop
from .vector import VectorModel

__all__ = ["MODEL_NAMES", "get_model"]

E2_OVER_16PI2 = ALPHA / 3.141592653589793 / 4.0
"""e^2/(4 pi)^2: leptons of baryon number."""


def _charges(baryon: float, **leptons: float) -> Charges:
    """Quark charges ``baryon``/3, and charges of lepton flavours that their neutrinos share."""
    values = dict.fromkeys(QUARK_FIELDS, baryon / 3.0)
    for flavour, x in leptons.items():
        values |= {flavour: x, f"nu_{flavour}": x}
    return Charges(**values)


def _difference(plus: str, minus: str) -> VectorModel:
    """L_plus - L_minus, with everything else through the loops of the two."""
    return VectorModel(
        f"L_{plus}-L_{minus}", _charges(0.0, **{plus: 1.0, minus: -1.0}), LeptonLoop(plus, minus)
    )


PROTOPHOBIC = Charges(
    u=-1 / 3, c=-1 / 3, t=-1 / 3, d=2 / 3, s=2 / 3, b=2 / 3, **dict.fromkeys(LEPTON_FIELDS, -1.0)
)
_MODELS = (
    DarkPhoton(),
    VectorModel("B", _charges(1.0), ConstantMixing(E2_OVER_16PI2)),
    VectorModel("B-L", _charges(1.0, e=-1.0, mu=-1.0, tau=-1.0)),
    VectorModel("B-3L_e", _charges(1.0, e=-3.0)),
    VectorModel("B-3L_mu", _charges(1.0, mu=-3.0)),
    VectorModel("B-3L_tau", _charges(1.0, tau=-3.0)),
    _difference("e", "mu"),
    _difference("e", "tau"),
    _difference("mu", "tau"),
    VectorModel("protophobic", PROTOPHOBIC),
    VectorModel("B-L_e-3L_mu+L_tau", _charges(1.0, e=-1.0, mu=-3.0, tau=1.0)),
    VectorModel("B-3L_e-L_mu+L_tau", _charges(1.0, e=-3.0, mu=-1.0, tau=1.0)),
)
MODELS = {model.name: model for model in _MODELS}
MODEL_NAMES = tuple(MODELS)
"""Names of the models."""
MILLICHARGED, LIGHT_DARK_MATTER = "millicharged", "light-dark-matter"
"""What commands take as models beside these."""
ALIASES = {
    "bc1": "dark-photon", "darkphoton": "dark-photon", "a'": "dark-photon", "aprime": "dark-photon",
    "dp": "dark-photon", "photon": "dark-photon", "baryon": "B", "leptophobic": "B", "u(1)b": "B", "u(1)b-l": "B-L",
    "u(1)bl": "B-L", "bl": "B-L", "x17": "protophobic",
}  # fmt: skip


def _plain(name: str) -> str:
    """Name without the marks that people write differently."""
    return name.lower().translate(str.maketrans("", "", " _"))


def get_model(name_or_path: str | Path) -> VectorModel:
    """Return a model by name, or of a user's card (anything that ends in ``.toml``).

    Case, blanks and underscores do not matter.

    Examples
    --------
    >>> get_model("b-3lmu").charges.mu
    -3.0
    >>> get_model("Dark Photon").name
    'dark-photon'
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        from .cards import load_model_card  # a named model needs no parser

        return load_model_card(name_or_path)
    known = {_plain(n): n for n in MODELS} | {n.replace("-", ""): n for n in ("dark-photon",)}
    known |= {_plain(a): n for a, n in ALIASES.items()}
    plain = _plain(name_or_path)
    if plain == MILLICHARGED:
        raise ValueRangeError(
            "millicharged particles are not a vector: reach, events, yield, cite, experiments and "
            f"validate take --model {MILLICHARGED}, nothing else does"
        )
    if plain == LIGHT_DARK_MATTER:
        raise ValueRangeError(
            f"light dark matter is not a vector: reach takes --model {LIGHT_DARK_MATTER}, nothing else does"
        )
    if plain not in known:
        raise UnknownNameError("model", name_or_path, (*MODELS, MILLICHARGED, LIGHT_DARK_MATTER, "FILE.toml"))
    return MODELS[known[plain]]
