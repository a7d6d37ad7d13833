"""Alembic's entry: runs the migrations on the connection that `store.upgrade` hands over, in its transaction."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], version_table_schema=given["schema"], transactional_ddl=True)
context.run_migrations()
