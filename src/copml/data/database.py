"""Rows of any database that SQLAlchemy reaches, fetched into a file of JSON lines.

Invariant: rows are streamed, never held; what was fetched is read like any other file, so that an unchanged answer is
recognised by its digest. Credentials are in the environment only, and never in a message.
"""

import os
import re
from decimal import Decimal
from pathlib import Path

import msgspec
import sqlalchemy as sa

from copml.data.arrivals import Arrival, inspect
from copml.errors import SourceUnreachable
from copml.spec.project import Source

CHUNK_ROWS = 10_000
NAME = "query"
SQLITE = "sqlite:///"
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fetch(source: str, spec: Source, staging: Path, root: Path) -> Arrival:
    """The answer to the source's query, as a file.

    Raises:
        SourceUnreachable: when the database does not answer, or the query fails.
    """
    staging.mkdir(parents=True, exist_ok=True)
    path = staging / "query.jsonl"
    url = _url(source, spec, root)
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise SourceUnreachable(source, f"its url is not usable ({type(error).__name__}: {error})") from error
    try:
        columns = _write(engine, str(spec.query), path)
    except sa.exc.SQLAlchemyError as error:
        raise SourceUnreachable(source, _reason(error)) from error
    finally:
        engine.dispose()
    return inspect(path, NAME, "utf-8", columns)


def _url(source: str, spec: Source, root: Path) -> str:
    """The address itself, or the one in the environment variable that `url` names; SQLite files below the project."""
    url = str(spec.url)
    if ENVIRONMENT_NAME.fullmatch(url):
        if url not in os.environ:
            raise SourceUnreachable(source, f"the environment variable {url}, which holds its url, is not set")
        url = os.environ[url]
    if url.startswith(SQLITE) and not url.startswith(f"{SQLITE}/"):
        return f"{SQLITE}{root / url.removeprefix(SQLITE)}"
    return url


def _write(engine: sa.Engine, query: str, path: Path) -> tuple[str, ...]:
    """Write one JSON object a line; returns the columns."""
    encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")
    with engine.connect() as connection, path.open("wb") as file:
        result = connection.execution_options(stream_results=True, yield_per=CHUNK_ROWS).execute(sa.text(query))
        names = tuple(result.keys())
        for rows in result.partitions(CHUNK_ROWS):
            file.write(encoder.encode_lines([dict(zip(names, row, strict=True)) for row in rows]))
    return names


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """The first line of what the database said; SQLAlchemy's own lines after it repeat the query."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return said[0] if said else type(error).__name__
