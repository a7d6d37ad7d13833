"""A telephone company that does not exist: customers arrive, change contracts, are billed, and leave.

Invariant: numpy and pyarrow are all that it needs. The project beside it imports nothing from here: it knows the
company by its files alone.
"""

from .settings import Settings as Settings
from .step import step as step
