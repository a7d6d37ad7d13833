"""What was known of a half-hour when it was over: prices, demands, transfer, time of day."""

from datetime import datetime
from typing import Any

NUMBERS = ["period", "weekday", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
WEEK = """
select entity, period, isodow(event_at) as weekday, nswprice, nswdemand, vicprice, vicdemand, transfer
from market
where event_at > $as_of - interval 7 days
"""


def build(tables: Any, as_of: datetime) -> Any:
    """A row for every half-hour of the week before `as_of`."""
    return tables.sql(WEEK, {"as_of": as_of})
