"""What people chose on the decisions that the framework asks for (`copml.records.Choice`)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of choices."""
    op.create_table(
        "choice",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("chosen", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("advised", sa.Text, nullable=False),
        sa.Column("advised_because", sa.Text, nullable=False),
        sa.Column("figure", sa.Text, nullable=False),
        sa.Column("alternative", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
