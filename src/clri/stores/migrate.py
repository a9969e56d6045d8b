"""Bring a database to the schema of this build. SQLAlchemy and Alembic load only when there is something to do."""

import sqlite3
from pathlib import Path
from typing import Any, Final

from clri.stores.faults import version_error

HEAD: Final = "0005"
"""Newest step in `migrations/versions`; a store that stands there needs no migration."""

FOLDER: Final = Path(__file__).parent / "migrations"


def config(**attributes: Any) -> Any:  # noqa: ANN401 - Alembic's Config, which is not imported here
    """Alembic's configuration without a file; `attributes` reach `migrations/env.py`."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes.update(attributes)
    return made


def upgrade(path: Path, mode: str, version: int) -> None:
    """Create or migrate a SQLite file: all steps, the views and the row of `schema_info` in one transaction.

    Parameters
    ----------
    path
        The file; it may be absent or empty.
    mode
        Mode of a store that is created; an existing one keeps its own.
    version
        Schema version that the file then has.

    Raises
    ------
    sqlite3.Error
        What SQLite reports, without SQLAlchemy's wrapping; the file is then as before.
    StoreError
        If the file stands at a step that this build does not know.
    """
    import sqlalchemy as sa
    from alembic import command
    from alembic.util import CommandError

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, timeout=5.0)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    # pysqlite would commit before DDL: a kill half-way would leave half a schema.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            command.upgrade(config(connection=connection), "head")
            made = connection.exec_driver_sql("UPDATE schema_info SET version = ?", (version,)).rowcount
            if not made:
                connection.exec_driver_sql("INSERT INTO schema_info VALUES (?, ?)", (version, mode))
    except CommandError as error:
        raise version_error(path, f"an unknown schema revision ({error})", newer=False) from error
    except sa.exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise
    finally:
        engine.dispose()
