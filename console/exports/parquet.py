"""The journal as a Parquet file: a typed column for everything a posting and its entry say.

The file's metadata has `clearwatt.rows` and `clearwatt.sha256`: SHA-256 of the same postings as
`journal export --format csv` writes them, so that either file proves the other.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from console.reports.render import csv_lines
from console.reports.report import Kind, Report, Row

ROWS_TO_A_GROUP: Final = 50_000

TYPES: Final[dict[Kind, Any]] = {
    "text": pa.string(),
    "money": pa.decimal128(38, 4),
    "count": pa.int64(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
}


def write_parquet(report: Report, path: Path) -> None:
    """Write a report's rows. Raises OSError where the file cannot be written."""
    schema = pa.schema([(column.key, TYPES[column.kind]) for column in report.columns])
    hashed, count = hashlib.sha256(), 0
    with pq.ParquetWriter(str(path), schema, compression="zstd") as writer:
        hashed.update("".join(csv_lines(report.columns, [], heading=True)).encode())
        for group in _groups(report):
            columns = zip(*group, strict=True)
            arrays = [
                pa.array(list(values), type=field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            hashed.update("".join(csv_lines(report.columns, group)).encode())
            count += len(group)
        writer.add_key_value_metadata(
            {"clearwatt.rows": str(count), "clearwatt.sha256": hashed.hexdigest()}
        )


def _groups(report: Report) -> Iterator[Sequence[Row]]:
    rows = iter(report.rows)
    while group := list(islice(rows, ROWS_TO_A_GROUP)):
        yield group
