"""What the company hands over: a customer table, departures, offers; and what the business hands back.

Invariant: a file is there whole or not at all, and on disk before its name is; the same world gives the same bytes.
Nothing that only the simulator knows goes into these files.
"""

import io
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from .draws import Keys
from .events import Name, month_of
from .market import TENURE_MONTHS_MAX, monthly_cents
from .reports import REASONS, Reports
from .settings import Settings, label, slot
from .traits import VALUES
from .world import Flags, World, loyalty

OFFER_NAME = "Stay: 25 % off for three months with a contract for a year"
TREAT = "treat"
NONE = "none"
COLUMNS = (
    *("gender", "senior_citizen", "partner", "dependents", "tenure", "phone_service", "multiple_lines"),
    *("internet_service", "online_security", "online_backup", "device_protection", "tech_support", "streaming_tv"),
    *("streaming_movies", "contract", "paperless_billing", "payment_method", "monthly_charges", "total_charges"),
)
"""The columns of the public telco table, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the project decided about the customers of a world: who is expected to leave, who is to get an offer."""

    positive: Flags
    treat: Flags


def write_bytes(path: Path, data: bytes) -> None:
    """Put a file in its place, whole and on disk; several processes may do so at once, and one may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        if path.read_bytes() != data:
            draft.replace(path)
    draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_parquet(path: Path, table: pa.Table) -> Path:
    """Write a table as Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    write_bytes(path, sink.getvalue())
    return path


def write_csv(path: Path, table: pa.Table) -> Path:
    """Write a table as CSV, without quotes: no text of ours needs them, and one that did would be refused."""
    sink = io.BytesIO()
    pa_csv.write_csv(table, sink, pa_csv.WriteOptions(quoting_style="none"))
    write_bytes(path, sink.getvalue())
    return path


def identifiers(customer: Keys) -> pa.Array:
    """Customer numbers as the company writes them: `C0020417`."""
    return pc.binary_join_element_wise("C", pc.utf8_lpad(pa.array(customer).cast(pa.string()), 7, "0"), "")


def customer_table(world: World, month: int, settings: Settings) -> pa.Table:
    """Everybody at the first of a month, as the billing system exports them."""
    cents = monthly_cents(world.traits, loyalty(settings, world.customer))
    columns: dict[str, pa.Array] = {name: _words(world, name) for name in VALUES}
    columns["senior_citizen"] = pa.array(world.traits["senior_citizen"].astype(np.int64))
    columns["tenure"] = pa.array(np.minimum(world.tenure, TENURE_MONTHS_MAX))
    columns["monthly_charges"] = pa.array(cents / 100)
    columns["total_charges"] = pa.array(world.billed / 100, mask=world.tenure == 0)
    if month == month_of(Name.OUTAGE):
        columns["tech_support"] = pa.nulls(len(world), pa.string())
    as_of = pa.array([slot(month)], pa.timestamp("us", "UTC")).take(pa.array(np.zeros(len(world), dtype=np.int8)))
    told = {"customer_id": identifiers(world.customer), "as_of": as_of}
    return pa.table({**told, **{name: columns[name] for name in COLUMNS}})


def departure_table(reports: Reports) -> pa.Table:
    """Departures by day and customer."""
    told = {
        "customer_id": identifiers(reports.customer),
        "left_on": _days(reports.left_on),
        "reason": pa.array(REASONS).take(pa.array(reports.reason)),
    }
    return pa.table(told).take(pa.array(np.lexsort((reports.customer, reports.left_on))))


def offer_table(customer: Keys, made_on: Keys) -> pa.Table:
    """Offers by day and customer; `made_on` are day numbers."""
    order = np.lexsort((customer, made_on))
    offer = pa.array([OFFER_NAME]).take(pa.array(np.zeros(len(customer), dtype=np.int8)))
    table = pa.table({"customer_id": identifiers(customer), "made_on": _days(made_on), "offer": offer})
    return table.take(pa.array(order))


def read_decisions(path: Path, world: World) -> Decided:
    """The business's table of decisions, in the order of the world's customers.

    Raises:
        ValueError: when the table names somebody who is no customer at the start of the month.
    """
    wanted = pa_csv.ConvertOptions(include_columns=["customer_id", "decision"])
    table = pa_csv.read_csv(path, convert_options=wanted)
    number = pc.utf8_slice_codeunits(table["customer_id"], 1).cast(pa.int64()).to_numpy()
    place = np.minimum(np.searchsorted(world.customer, number), len(world) - 1)
    strangers = int((world.customer[place] != number).sum())
    if strangers:
        raise ValueError(f"{path} decides on {strangers} who are no customers at the start of the month it is for")
    return Decided(
        positive=_marked(len(world), place, pc.not_equal(table["decision"], NONE)),
        treat=_marked(len(world), place, pc.equal(table["decision"], TREAT)),
    )


def nothing_decided(world: World) -> Decided:
    """No decisions: nobody is expected to leave, and nobody gets an offer."""
    nobody = np.zeros(len(world), dtype=np.bool_)
    return Decided(positive=nobody, treat=nobody)


def month_path(folder: Path, kind: str, month: int, suffix: str) -> Path:
    """`customers/2026-01.parquet` and the like."""
    return folder / kind / f"{label(month)}{suffix}"


def _marked(length: int, place: Keys, mark: pa.ChunkedArray) -> Flags:
    flags = np.zeros(length, dtype=np.bool_)
    flags[place[np.asarray(mark.to_numpy(), dtype=np.bool_)]] = True
    return flags


def _words(world: World, name: str) -> pa.Array:
    return pa.array(VALUES[name]).take(pa.array(world.traits[name]))


def _days(number: Keys) -> pa.Array:
    since_1970 = number - date(1970, 1, 1).toordinal()
    return pa.array(since_1970.astype(np.int32)).cast(pa.date32())
