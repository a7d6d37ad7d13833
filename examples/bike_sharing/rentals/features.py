"""What is known of each hour of the coming week: calendar, forecast, and how many bikes were rented then before."""

from datetime import datetime
from typing import Any

NUMBERS = [
    *["hr", "weekday", "holiday", "workingday", "mnth", "weathersit", "temp", "hum", "windspeed"],
    *["last_week", "last_weeks", "level"],
]
COMING_WEEK = """
with recent as (select * from rentals where event_at > $as_of - interval 28 days),
usual as (
    select hr, weekday, avg(cnt) as last_weeks, avg(cnt) filter (event_at > $as_of - interval 7 days) as last_week
    from recent group by hr, weekday
)
select entity, forecasts.hr, forecasts.weekday, holiday, workingday, mnth, weathersit, temp, hum, windspeed,
    last_week, last_weeks, (select avg(cnt) from recent where event_at > $as_of - interval 7 days) as level
from forecasts left join usual using (hr, weekday)
where forecasts.event_at > $as_of - interval 7 days
"""


def build(tables: Any, as_of: datetime) -> Any:
    """A row for every hour of the week that the newest forecast is about."""
    return tables.sql(COMING_WEEK, {"as_of": as_of}).astype(dict.fromkeys(NUMBERS, "float64"))
