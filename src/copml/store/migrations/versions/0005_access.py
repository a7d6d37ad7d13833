"""Accounts, their tokens and sessions, delegations, readings of values, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _text(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        _text("name", key=True),
        _text("kind"),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        _text("changed_by"),
        _text("changed_at"),
    )
    op.create_table("password", _text("account", key=True), _text("hash"), _text("set_at"))
    op.create_table("invitation", _text("digest", key=True), _text("account"), _text("expires_at"))
    op.create_table(
        "token",
        _text("id", key=True),
        *(_text(name) for name in ("account", "label", "rights", "projects", "issued_by", "issued_at", "expires_at")),
        _text("revoked_at", nullable=True),
    )
    op.create_table("token_secret", _text("id", key=True), _text("digest"))
    op.create_table(
        "session",
        _text("digest", key=True),
        *(_text(name) for name in ("account", "csrf", "started_at", "seen_at", "expires_at")),
    )
    op.create_table(
        "failures", _text("account", key=True), sa.Column("count", sa.BigInteger, nullable=False), _text("last_at")
    )
    op.create_table(
        "delegation",
        _text("project", key=True),
        _text("id", key=True),
        *(_text(name) for name in ("role", "absent", "deputy", "starts_at", "until", "reason", "made_at")),
    )
    op.create_table(
        "reading",
        _text("project", key=True),
        _text("id", key=True),
        _text("by"),
        _text("what"),
        sa.Column("rows", sa.BigInteger, nullable=False),
        _text("at"),
    )
    op.create_table(
        "kept_answer",
        _text("account", key=True),
        _text("key", key=True),
        _text("request"),
        sa.Column("status", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("at"),
    )
    op.create_table(
        "note",
        _text("project", key=True),
        _text("id", key=True),
        *(_text(name) for name in ("subject", "subject_id", "by", "identity", "text", "mentions", "at")),
    )
