"""Fit the surrogate of the unitary and analytic proton form factors and write its coefficients as code.

    python scripts/fit_ua_surrogate.py --tables DIR [--check]

DIR holds ``FFproton_UAmodel.txt`` and ``FFproton_UAmodel_Uncertainty.txt``, the ancillary tables of
arXiv:2409.09123 (Foroughi-Abari, Reimitz, Ritz), also distributed in the public SensCalc repository
(arXiv:2305.13383; folder "phenomenology/DP/Production probabilities/Form factor").  The tables are not part
of darkbeam; only the results of the fit are, in ``proton_ua_poles.py`` and ``proton_ua_edges.py``.

Central curve: greedy rational approximation (AAA, Nakatsukasa, Sete and Trefethen, arXiv:1612.00337) in the
variable V of `darkbeam.hadrons.proton_form_factors`, with support points added in conjugate pairs so that
the result is real on the real V axis; then poles, and residues by linear least squares on relative errors.
The printed check fits the nodes of even index (10 MeV apart) and compares with the nodes of odd index, in
modulus and as complex numbers; the coefficients written use all nodes.

Edges: knots of ln(|F_edge|/|F_central|), chosen greedily from the 10 MeV nodes of the band.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvals

from darkbeam.hadrons.monotone_cubic import MonotoneCubic
from darkbeam.hadrons.proton_form_factors import two_threshold_variable

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

THRESHOLDS = {"F1": 1.624, "F2": 1.787}  # GeV^2: the kinks of the tables at 1.274 and 1.337 GeV
SUPPORT = {"F1": 14, "F2": 23}
EDGE_TOLERANCE = 0.004
OMEGA = (0.765, 0.795)  # GeV: the 10 MeV nodes of the band do not resolve the omega
OUT = Path(__file__).resolve().parents[1] / "src" / "darkbeam" / "hadrons"
HEADER = '''"""{title}

Derived numbers, not data: {how} of the tables published with arXiv:2409.09123
(Foroughi-Abari, Reimitz, Ritz), made by ``scripts/fit_ua_surrogate.py``; change that script, not this file.
"""

from __future__ import annotations

'''


def read_table(file: Path) -> tuple[Real, Complex]:
    """Return masses (GeV) and the complex columns of one table."""
    rows = [
        line.split() for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    columns = [[complex(x.replace("+-", "-").strip("()")) for x in row[1:]] for row in rows if row]
    return np.array([float(row[0]) for row in rows if row]), np.array(columns)


def with_conjugates(z: Complex, f: Complex, index: list[int]) -> tuple[Complex, Complex]:
    """Return the chosen points and values, each complex point followed by its conjugate."""
    zs: list[complex] = []
    fs: list[complex] = []
    for k in index:
        zs += [z[k]] if z[k].imag == 0 else [z[k], z[k].conj()]
        fs += [f[k]] if z[k].imag == 0 else [f[k], f[k].conj()]
    return np.array(zs), np.array(fs)


def real_basis(columns: Complex, is_pair: list[bool]) -> Complex:
    """Return columns for real unknowns: c = x + iy and c* of each conjugate pair become x and y."""
    out, k = [], 0
    for pair in is_pair:
        if pair:
            out += [columns[:, k] + columns[:, k + 1], 1j * (columns[:, k] - columns[:, k + 1])]
        else:
            out += [columns[:, k]]
        k += 2 if pair else 1
    return np.stack(out, axis=1)


def complex_unknowns(x: Real, is_pair: list[bool]) -> list[complex]:
    """Return one complex number per real unknown or per pair of them: the inverse of `real_basis`."""
    values = iter(x.tolist())
    return [complex(next(values), next(values)) if pair else complex(next(values)) for pair in is_pair]


def stacked(matrix: Complex) -> Real:
    """Return real above imaginary parts."""
    return np.concatenate([matrix.real, matrix.imag])


def weights(z: Complex, f: Complex, index: list[int]) -> tuple[Complex, Complex, Complex]:
    """Return support points, values and barycentric weights that minimise the linearised relative error."""
    zs, fs = with_conjugates(z, f, index)
    is_pair = [bool(z[k].imag != 0) for k in index]
    rows = np.delete(np.arange(z.size), index)
    # conjugate rows follow from these, because weights come in conjugate pairs
    loewner = (f[rows, None] - fs) / (z[rows, None] - zs) / np.abs(f[rows, None])
    smallest = np.linalg.svd(stacked(real_basis(loewner, is_pair)), full_matrices=False)[2][-1]
    w: list[complex] = []
    for c, pair in zip(complex_unknowns(smallest, is_pair), is_pair, strict=True):
        w += [c, c.conjugate()] if pair else [c]
    return zs, fs, np.array(w)


def aaa(z: Complex, f: Complex, n: int) -> tuple[Complex, Complex]:
    """Return support points and weights of the approximant with n points (a conjugate pair is one)."""
    approximant = np.full(z.size, f.mean())
    index: list[int] = []
    while True:
        error = np.abs(f - approximant) / np.abs(f)
        error[index] = -1.0
        index.append(int(error.argmax()))
        zs, fs, w = weights(z, f, index)
        if len(index) == n:
            return zs, w
        rest = np.delete(np.arange(z.size), index)
        cauchy = w / (z[rest, None] - zs)
        approximant[rest] = (cauchy * fs).sum(axis=1) / cauchy.sum(axis=1)


def pole_positions(zs: Complex, w: Complex) -> Complex:
    """Return the zeros of the barycentric denominator in the upper half plane or on the axis."""
    size = len(zs) + 1
    left, right = np.zeros((size, size), dtype=complex), np.eye(size)
    left[0, 1:], left[1:, 0] = w, 1.0
    left[range(1, size), range(1, size)] = zs
    right[0, 0] = 0.0
    values = eigvals(left, right)
    values = values[np.isfinite(values) & (np.abs(values) < 1e6)]
    values = np.where(np.abs(values.imag) < 1e-9 * np.abs(values), values.real, values)
    return values[values.imag >= 0]


def residues(z: Complex, f: Complex, poles: Complex) -> tuple[float, Complex]:
    """Return the constant and the residues by linear least squares on the relative error."""
    is_pair = [False] + [bool(p.imag != 0) for p in poles]
    columns = [np.ones_like(z)]
    for p in poles:
        columns += [1 / (z - p)] if p.imag == 0 else [1 / (z - p), 1 / (z - p.conjugate())]
    matrix = stacked(real_basis(np.stack(columns, axis=1) / np.abs(f)[:, None], is_pair))
    scale = np.linalg.norm(matrix, axis=0)
    solution = np.linalg.lstsq(matrix / scale, stacked(f / np.abs(f)), rcond=1e-15)[0] / scale
    constant, *out = complex_unknowns(solution, is_pair)
    return constant.real, np.array(out)


def evaluate(z: Complex, constant: float, poles: Complex, res: Complex) -> Complex:
    """Return the sum over conjugate pole pairs."""
    total = np.full(z.shape, constant, dtype=complex)
    for p, r in zip(poles, res, strict=True):
        total += r / (z - p) + (0 if p.imag == 0 else r.conjugate() / (z - p.conjugate()))
    return total


def fit(mass: Real, f: Complex, name: str) -> tuple[float, Complex, Complex]:
    """Return constant, poles and residues of the surrogate of one form factor."""
    z = two_threshold_variable(mass, THRESHOLDS[name])
    zs, w = aaa(z, f, SUPPORT[name])
    poles = pole_positions(zs, w)
    constant, res = residues(z, f, poles)
    return constant, poles, res


def report(mass: Real, f: Complex, name: str) -> None:
    """Print the error on nodes held out of the fit, and of the final fit."""
    z = two_threshold_variable(mass, THRESHOLDS[name])
    ratio = evaluate(z, *fit(mass[::2], f[::2], name)) / f
    for label, start in (("fitted", 0), ("held out", 1)):
        m, r = mass[start::2], ratio[start::2]
        modulus, error = np.abs(np.abs(r) - 1), np.abs(r - 1)
        print(f"{name}, fit to even nodes, {label} nodes: "
              f"|F| within {modulus.max():.2e} (at {m[modulus.argmax()]:.3f} GeV), "
              f"complex F within {error.max():.2e} (at {m[error.argmax()]:.3f} GeV)")  # fmt: skip
    constant, poles, res = fit(mass, f, name)
    error = np.abs(evaluate(z, constant, poles, res) / f - 1)
    path = two_threshold_variable(np.linspace(mass[0], mass[-1], 200001), THRESHOLDS[name])
    gap = min(np.abs(path - p).min() for p in poles)
    print(f"{name}, final fit: {poles.size} poles, complex F within {error.max():.2e}, gap {gap:.1e}")


def knots(mass: Real, ratio: Real, sign: float) -> list[tuple[float, float]]:
    """Return few (mass, ln ratio) whose monotone cubic meets all other nodes within the tolerance."""
    use = (mass <= OMEGA[0]) | (mass >= OMEGA[1])
    x, y = mass[use], np.log(ratio[use])
    y = sign * np.maximum(sign * y, 0.0)
    chosen = [0, len(x) // 2, len(x) - 1]
    while True:
        points = [(round(float(x[k]), 3), round(float(y[k]), 4) + 0.0) for k in sorted(chosen)]
        error = np.abs(MonotoneCubic(points)(x) - y)
        if error.max() < EDGE_TOLERANCE:
            return points
        chosen.append(int(error.argmax()))


def write_poles(mass: Real, values: Complex) -> None:
    """Write the module of pole coefficients."""
    names = ["Pole", *(f"{f}_{what}" for f in ("F1", "F2") for what in ("CONSTANT", "POLES", "S_IN"))]
    text = HEADER.format(title="Poles and residues of the surrogate UA form factors.", how="a rational fit")
    text += "__all__ = [" + ", ".join(f'"{name}"' for name in sorted(names)) + "]\n\n"
    text += "Pole = tuple[float, float, float, float]\n"
    text += '"""Re p, Im p, Re r, Im r in the variable V; Im p > 0 stands for a conjugate pair."""\n'
    for k, name in enumerate(("F1", "F2")):
        constant, poles, res = fit(mass, values[:, k], name)
        text += f'\n{name}_S_IN = {THRESHOLDS[name]!r}\n"""Inelastic threshold of {name}, GeV^2."""\n'
        text += f'{name}_CONSTANT = {constant:.12g}\n"""Constant of {name}."""\n'
        text += f"{name}_POLES: tuple[Pole, ...] = (\n"
        for p, r in sorted(zip(poles, res, strict=True), key=lambda term: (term[0].real, term[0].imag)):
            text += f"    ({p.real:.12g}, {p.imag:.12g}, {r.real:.12g}, {r.imag:.12g}),\n"
        text += f')\n"""Poles of {name}."""\n'
    (OUT / "proton_ua_poles.py").write_text(text, encoding="utf-8")


def write_edges(mass: Real, values: Complex, band_mass: Real, band: Complex) -> None:
    """Write the module of edge ratios."""
    index = np.rint(band_mass / (mass[1] - mass[0])).astype(int)
    text = HEADER.format(title="Edges of the UA form factors: ln(|F_edge|/|F|) at few masses.", how="ratios")
    text += '__all__ = ["KNOTS"]\n\nKNOTS: dict[tuple[str, str], tuple[tuple[float, float], ...]] = {\n'
    for k, (name, edge) in enumerate((("F1", "lower"), ("F1", "upper"), ("F2", "lower"), ("F2", "upper"))):
        ratio = np.abs(band[:, k]) / np.abs(values[index, k // 2])
        points = knots(band_mass, ratio, -1.0 if edge == "lower" else 1.0)
        text += f'    ("{name}", "{edge}"): (\n'
        for start in range(0, len(points), 6):
            text += "        " + " ".join(f"({x:g}, {y:g})," for x, y in points[start : start + 6]) + "\n"
        text += "    ),\n"
        print(f"{name} {edge}: {len(points)} knots")
    text += '}  # fmt: skip\n"""(mass in GeV, ln ratio) of ("F1" or "F2", edge)."""\n'
    (OUT / "proton_ua_edges.py").write_text(text, encoding="utf-8")


def main() -> None:
    """Fit, print the held-out check, and write the two modules unless ``--check``."""
    parser = argparse.ArgumentParser(description="fit the surrogate of the UA proton form factors")
    parser.add_argument(
        "--tables", type=Path, required=True, help="folder with the two FFproton_UAmodel files"
    )
    parser.add_argument("--check", action="store_true", help="print the errors, write nothing")
    options = parser.parse_args()
    mass, values = read_table(options.tables / "FFproton_UAmodel.txt")
    band_mass, band = read_table(options.tables / "FFproton_UAmodel_Uncertainty.txt")
    for k, name in enumerate(("F1", "F2")):
        report(mass, values[:, k], name)
    if not options.check:
        write_poles(mass, values)
        write_edges(mass, values, band_mass, band)


if __name__ == "__main__":
    main()
