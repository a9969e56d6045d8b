"""What Alembic runs for every command; the connection, or a dialect's name for SQL text, comes from `migrate`."""

from alembic import context

from clri.stores.schema.metadata import metadata
from clri.stores.schema.views import sqlite_views


def run() -> None:
    """Run the steps, then make the views anew."""
    given = context.config.attributes
    if context.is_offline_mode():
        context.configure(dialect_name=given["dialect"], output_buffer=given["buffer"], target_metadata=metadata())
    else:
        context.configure(connection=given["connection"], target_metadata=metadata())
    with context.begin_transaction():
        context.run_migrations()
        if context.get_context().dialect.name == "sqlite":
            for statement in sqlite_views():
                context.execute(statement)


# Only inside a command: a search for examples in docstrings imports this file too.
if getattr(context, "config", None) is not None:
    run()
