"""LogFlow: process-mining logs as Arrow streams, Parquet files, statistics and checks.

>>> import logflow
>>> table = pyarrow.table(logflow.read("log.xes.gz"))                  # or polars.DataFrame, duckdb, nanoarrow
>>> logflow.convert("log.csv", "log.parquet", case_id="Case", force=True)["rows"]
>>> logflow.stats("log.parquet")["dfg"][0]
>>> frame = logflow.to_pm4py("log.xes")

Options have the names of the flags of the command line with ``_`` in place of ``-``: ``case_id="Case"``,
``where="amount > 100"``, ``select=["case_id", "activity"]``, ``threads=4``, ``memory_limit="512MB"``.
Errors are :class:`LogFlowError`. Ctrl-C stops what is at work.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Sequence, Union

from . import _logflow
from ._error import LogFlowError
from ._logflow import __version__

__all__ = [
    "Log",
    "LogFlowError",
    "__version__",
    "convert",
    "filter",
    "inspect",
    "read",
    "run",
    "schema",
    "stats",
    "to_pm4py",
    "validate",
]

Path = Union[str, "os.PathLike[str]"]
Paths = Union[Path, Sequence[Path]]
Log = _logflow.Log


def read(inputs: Paths, table: int = 0, **options: Any) -> Log:
    """A log whose rows are an Arrow stream (``__arrow_c_stream__``); nothing is read before one is asked for.

    ``inputs``: a file, a folder, a pattern, or several of these, which are then one table. ``table``: which table of
    an object-centric log, from 0. Each stream reads the inputs anew and holds a few batches at a time.
    """
    return _logflow.read(_paths(inputs), table, _json(options))


def convert(inputs: Paths, output: Path, **options: Any) -> Any:
    """Converts logs to Parquet, XES or OCEL, by the name of the output; the same as ``logflow convert``.

    Gives the report of the output, or a list of reports if there are several outputs.
    """
    reports = json.loads(_logflow.convert(_paths(inputs), os.fspath(output), _json(options)))
    return _single(reports)


def filter(inputs: Paths, output: Path, **options: Any) -> Any:
    """Writes some rows, cases or columns of a log: :func:`convert` with conditions such as ``where``."""
    return convert(inputs, output, **options)


def schema(inputs: Paths, **options: Any) -> Any:
    """Columns, types and roles, as ``logflow schema --format json``; a list if the inputs are several logs."""
    return _single(json.loads(_logflow.schema(_paths(inputs), _json(options))))


def stats(inputs: Paths, **options: Any) -> Dict[str, Any]:
    """Statistics of the process, as ``logflow stats --format json``."""
    return json.loads(_logflow.stats(_paths(inputs), _json(options)))


def inspect(inputs: Paths, **options: Any) -> Dict[str, Any]:
    """Whether a log is any good, as ``logflow inspect --format json``."""
    return json.loads(_logflow.inspect(_paths(inputs), _json(options)))


def validate(inputs: Paths, limit: int = 100) -> Any:
    """What breaks the standard of a log (XES, OCEL), at most ``limit`` violations (0: all); a list for several."""
    return _single(json.loads(_logflow.validate(_paths(inputs), limit)))


def run(pipeline: Path, *sets: str) -> List[Dict[str, Any]]:
    """Runs a pipeline file as ``logflow run`` does; ``sets`` are changes such as ``"run.threads=4"``."""
    return json.loads(_logflow.run(os.fspath(pipeline), list(sets)))


def to_pm4py(inputs: Paths, **options: Any) -> Any:
    """The events as a pandas frame in the form that ``pm4py.format_dataframe`` gives; pm4py itself is not needed.

    Columns have their names of XES. Events without case, activity or time are left out; events are sorted by case and
    time, ties in the order of the log. Needs pandas and pyarrow.
    """
    import pandas
    import pyarrow

    case, activity, time = "case:concept:name", "concept:name", "time:timestamp"
    options.setdefault("naming", "xes")
    frame = pyarrow.table(read(inputs, **options)).to_pandas()
    missing = [name for name in (case, activity, time) if name not in frame.columns]
    if missing:
        raise LogFlowError(
            f"LF502: no such column: expected columns of case, activity and timestamp, found no {', '.join(missing)}",
            code="LF502",
            title="no such column",
            help="name them with case_id, activity and timestamp",
        )
    frame = frame.dropna(subset=[case, activity, time])
    frame[case] = frame[case].astype(str)
    frame[activity] = frame[activity].astype(str)
    for name in frame.columns:
        if pandas.api.types.is_datetime64_any_dtype(frame[name]):
            zone = frame[name].dt.tz
            frame[name] = frame[name].dt.tz_localize("UTC") if zone is None else frame[name].dt.tz_convert("UTC")
    frame["@@index"] = range(len(frame))
    frame = frame.sort_values([case, time, "@@index"], ignore_index=True)
    frame["@@index"] = frame.index
    frame["@@case_index"] = frame.groupby(case, sort=False).ngroup()
    return frame


def _paths(inputs: Paths) -> List[str]:
    if isinstance(inputs, (str, os.PathLike)):
        return [os.fspath(inputs)]
    return [os.fspath(path) for path in inputs]


def _json(options: Dict[str, Any]) -> str:
    def told(value: Any) -> Any:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if isinstance(value, (set, frozenset)):
            return sorted(value)
        raise TypeError(f"expected text, numbers, lists or dicts as options, found {type(value).__name__}")

    return json.dumps(options, default=told)


def _single(items: List[Any]) -> Any:
    return items[0] if len(items) == 1 else items
