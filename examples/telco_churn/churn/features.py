"""What the model knows about a customer: the row of the newest monthly table.

Invariant: only rows that were known at `as_of` are read, which `tables` sees to. Row by row changes, such as scaling,
belong to the model's pipeline.
"""

from datetime import datetime
from typing import Any

NUMBERS = ["senior_citizen", "tenure", "monthly_charges", "total_charges"]
WORDS = [
    *["gender", "partner", "dependents", "phone_service", "multiple_lines", "internet_service", "online_security"],
    *["online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies", "contract"],
    *["paperless_billing", "payment_method"],
]
NEWEST = """
select
    entity, senior_citizen, tenure, monthly_charges, total_charges,
    gender, partner, dependents, phone_service, multiple_lines, internet_service, online_security, online_backup,
    device_protection, tech_support, streaming_tv, streaming_movies, contract, paperless_billing, payment_method
from customers
where event_at = (select max(event_at) from customers)
"""
"""Who is a customer is in the newest table; whoever has left is only in older ones."""


def build(tables: Any, as_of: datetime) -> Any:
    """A row for everybody who is a customer at `as_of`: `entity`, four numbers, fifteen words."""
    # A column that arrived empty is still one of words.
    return tables.sql(NEWEST).astype(dict.fromkeys(WORDS, "str"))
