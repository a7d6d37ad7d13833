"""The public telco table (IBM's sample, 7,043 customers) in the words of this project.

Invariant: every row and value is kept; names become snake_case, and a blank becomes a missing value. The table itself
is not part of the project: its licence is not stated.
"""

import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

COLUMNS = 21
_NEXT_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def convert(csv_path: Path, out_path: Path) -> int:
    """Write the table at `csv_path` as Parquet to `out_path`, under its name only once it is whole.

    Returns the number of rows.

    Raises:
        ValueError: when it is not the telco table.
    """
    read = pa_csv.read_csv(csv_path, convert_options=pa_csv.ConvertOptions(column_types={"TotalCharges": pa.string()}))
    names = [snake_case(name) for name in read.column_names]
    if len(names) != COLUMNS or "total_charges" not in names:
        raise ValueError(f"{csv_path} is not the telco table: it has the columns {', '.join(read.column_names)[:200]}")
    table = read.rename_columns(names)
    trimmed = pc.utf8_trim_whitespace(table["total_charges"])
    charges = pc.if_else(pc.equal(trimmed, ""), None, trimmed).cast(pa.float64())
    table = table.set_column(names.index("total_charges"), "total_charges", charges)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    draft = out_path.with_name(f".{out_path.name}.tmp")
    pq.write_table(table, draft)
    draft.replace(out_path)
    return int(table.num_rows)


def snake_case(name: str) -> str:
    """The project's name of a column.

    >>> [snake_case(name) for name in ("customerID", "StreamingTV", "SeniorCitizen", "gender")]
    ['customer_id', 'streaming_tv', 'senior_citizen', 'gender']
    """
    return _NEXT_WORD.sub("_", name).lower()


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
