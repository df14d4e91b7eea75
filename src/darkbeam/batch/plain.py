"""Frozen dataclasses as JSON values and back, driven by their annotations.

Floats keep every digit; those that JSON does not know are written as ``"nan"``, ``"inf"`` and ``"-inf"``.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

__all__ = ["from_plain", "to_plain"]


def to_plain(value: Any) -> Any:
    """JSON value of dataclasses, mappings, sequences and plain values.

    Examples
    --------
    >>> to_plain({"a": (1.5, float("nan"))})
    {'a': [1.5, 'nan']}
    """
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    return value


def from_plain(kind: Any, data: Any, **names: Any) -> Any:
    """Value of type ``kind`` from its JSON value.

    Parameters
    ----------
    kind : type
        A dataclass, ``dict[str, T]``, ``list[T]``, ``tuple[T, ...]``, ``tuple[T, U]`` or a plain type.
    data
        What `to_plain` made.
    **names
        Types that annotations name and that their module imports for type checkers only.

    Examples
    --------
    >>> from_plain(dict[str, tuple[float, float]], {"a": [1.5, "nan"]})
    {'a': (1.5, nan)}
    """
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind, tuple(sorted(names.items())))
        return kind(**{key: from_plain(hints[key], item, **names) for key, item in data.items()})
    origin, args = get_origin(kind), get_args(kind)
    if origin is dict:
        return {key: from_plain(args[1], item, **names) for key, item in data.items()}
    if origin is list:
        return [from_plain(args[0], item, **names) for item in data]
    if origin is tuple:
        kinds = [args[0]] * len(data) if args[-1] is Ellipsis else args
        return tuple(from_plain(k, item, **names) for k, item in zip(kinds, data, strict=True))
    return float(data) if kind is float else data


@cache
def _hints(kind: type, names: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return get_type_hints(kind, localns=dict(names))
