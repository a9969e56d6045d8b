"""Column types of each kind on each engine (CONTRACTS 4): one SQLAlchemy type per kind, with its variants."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from clri.model.timebase import iso, parse_iso
from clri.stores.schema.layout import Kind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTime(TypeDecorator[int]):
    """UTC ns in Python, cut to ms; ISO text on SQLite, `timestamptz` elsewhere."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Type that stands in the DDL."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:  # noqa: ANN401 - text or datetime
        """Cell of a time."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return iso(value)
        return _EPOCH + timedelta(milliseconds=value // 1_000_000)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ANN401, ARG002 - as above
        """Time of a cell."""
        if value is None:
            return None
        return parse_iso(value if isinstance(value, str) else value.isoformat())


TYPES: Final[dict[Kind, TypeEngine[Any]]] = {
    "time": UtcTime(),
    "bigint": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "int": sa.Integer(),
    "real": sa.Double().with_variant(sa.REAL(), "sqlite"),
    "numeric": sa.Numeric().with_variant(sa.REAL(), "sqlite"),
    "text": sa.Text(),
    "bool": sa.Boolean().with_variant(sa.Integer(), "sqlite"),
    "json": sa.Text().with_variant(postgresql.JSONB(), "postgresql"),
    "uuid": sa.Text().with_variant(postgresql.UUID(as_uuid=False), "postgresql"),
}
"""A migration uses them too: a kind never changes its meaning, a new type is a new kind."""
