"""The child process that runs the project's `build`.

Invariant: it gets file names and times, and writes one Parquet file of features per time; whether they are fit to be
kept is for `data.features`, in the parent. Nothing here imports more than pandas and DuckDB.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from copml.data.tables import SourceFiles, Tables
from copml.errors import FeaturesInvalid
from copml.sandbox import load_entry

PARAMETERS = ("tables", "as_of")


def build(argument: Mapping[str, Any]) -> int:
    """Build the features of each time that the argument names; returns how many.

    Raises:
        FeaturesInvalid: when `build` returned no data frame, or one that cannot be written.
        EntryInvalid: when there is no such function.
    """
    entry = argument["entry"]
    function = cast(Callable[[Tables, datetime], object], load_entry(entry, Path.cwd(), PARAMETERS))
    sources = {
        name: SourceFiles(files=tuple(source["files"]), columns=source["columns"])
        for name, source in argument["sources"].items()
    }
    for item in argument["times"]:
        as_of, known_by = datetime.fromisoformat(item["as_of"]), datetime.fromisoformat(item["known_by"])
        with Tables(sources, as_of=as_of, known_by=known_by) as tables:
            features = function(tables, as_of)
        pq.write_table(_table(features, entry, item["as_of"]), item["path"])
    return len(argument["times"])


def _table(features: object, entry: str, as_of: str) -> pa.Table:
    if isinstance(features, pa.Table):
        return features
    if not isinstance(features, pd.DataFrame):
        raise FeaturesInvalid(
            entry, as_of, f"it returned {type(features).__name__}; return a data frame, a row an entity"
        )
    if features.index.name == "entity" and "entity" not in features.columns:
        features = features.reset_index()
    columns = {str(name): _column(features.iloc[:, place], entry, as_of) for place, name in enumerate(features.columns)}
    if len(columns) < len(features.columns):
        names = ", ".join(str(name) for name in features.columns[features.columns.duplicated()])
        raise FeaturesInvalid(entry, as_of, f"it has columns of the same name: {names}; name each apart")
    return pa.table(columns)


def _column(values: "pd.Series[Any]", entry: str, as_of: str) -> pa.Array:
    try:
        return pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        reason = f"column {values.name!r} mixes types ({str(error).splitlines()[0]}); make it one of them"
        raise FeaturesInvalid(entry, as_of, reason) from error
