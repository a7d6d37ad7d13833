"""How people want to be told, and messages on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _text(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "preference",
        _text("name", key=True),
        *(_text(name, nullable=True) for name in ("email", "webhook", "webhook_secret", "apprise")),
        _text("rhythms"),
        sa.Column("hour", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("weekday", "zone", "quiet")),
        sa.Column("urgent_breaks_quiet", sa.Boolean, nullable=False),
        sa.Column("sends_simulated", sa.Boolean, nullable=False),
        _text("changed_at"),
    )
    op.create_table(
        "message",
        _text("project", key=True),
        _text("id", key=True),
        *(_text(name) for name in ("person", "channel", "to", "secret")),
        sa.Column("outbox", sa.Boolean, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        *(_text(name) for name in ("zone", "notices", "composed_at", "next_at")),
        _text("delivered_at", nullable=True),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        _text("error"),
    )
