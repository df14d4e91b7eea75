"""Large scans: processes, a Dask cluster, or the jobs of a batch system."""

from __future__ import annotations

from .executors import Executor, WorkersLostError, collect, open_executor

__all__ = ["Executor", "WorkersLostError", "collect", "open_executor"]
