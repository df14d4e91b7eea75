"""Optional dependencies, imported where they are used."""

from __future__ import annotations

import importlib
from typing import Any

from darkbeam.errors import MissingExtraError

__all__ = ["require"]


def require(module: str, what: str, extra: str = "io") -> Any:
    """Import an optional module.

    Parameters
    ----------
    module : str
        Its import name.
    what : str
        What it is needed for, the beginning of the sentence of the error.
    extra : str
        Extra of darkbeam that installs it.

    Raises
    ------
    MissingExtraError
        If it is not installed; names the pip line.

    Examples
    --------
    >>> require("json", "writing JSON").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise MissingExtraError(what, extra) from None
