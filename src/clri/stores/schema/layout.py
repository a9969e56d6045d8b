"""Tables as plain data: one description from which SQLAlchemy's metadata and SQLite's statements are made.

Why not `sqlalchemy.Table` alone: importing SQLAlchemy takes longer than `clri status` may, and a reader of an
existing store needs names and kinds only.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

import msgspec

from clri.model.codec import TIMES

Kind = Literal["time", "bigint", "int", "real", "numeric", "text", "bool", "json", "uuid"]
"""What a column holds. `time` is cut to ms (ISO text or timestamptz); `bigint` holds an exact
ns or a counter of a venue."""

_KINDS: Final[dict[type[msgspec.inspect.Type], Kind]] = {
    msgspec.inspect.IntType: "int",
    msgspec.inspect.FloatType: "real",
    msgspec.inspect.BoolType: "bool",
    msgspec.inspect.StrType: "text",
    msgspec.inspect.LiteralType: "text",
}


class Column(NamedTuple):
    """One column; `null` = may be missing, `default` = what the database fills in when we do not write it."""

    name: str
    kind: Kind
    null: bool = True
    default: str | None = None


class Table(NamedTuple):
    """One table.

    `key` is the primary key; an index is the names of its columns, `-` in front = descending. `words` are the only
    texts that a column takes. `clock` is the column by which rows grow old, `keep_d` how many days they stay
    (None = forever).
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    clock: str | None = None
    keep_d: int | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __hash__(self) -> int:
        """By name: a table is looked up for every row."""
        return hash(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that a store writes."""
        return tuple(column.name for column in self.columns if column.default is None)


def _kind(name: str, kind: msgspec.inspect.Type) -> tuple[Kind, bool]:
    """Column kind of a field's type, and whether it may be None."""
    parts = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    null = any(isinstance(part, msgspec.inspect.NoneType) for part in parts)
    (only,) = (part for part in parts if not isinstance(part, msgspec.inspect.NoneType))
    found = _KINDS.get(type(only), "json")
    if found == "int" and (name in TIMES or name == "seq"):
        found = "time" if name in TIMES else "bigint"
    return found, null


def _words(kind: msgspec.inspect.Type) -> tuple[object, ...]:
    """Words of a literal type, or of the literal in a union with None."""
    parts = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    return tuple(word for part in parts if isinstance(part, msgspec.inspect.LiteralType) for word in part.values)


def _types(struct: type[msgspec.Struct]) -> dict[str, msgspec.inspect.Type]:
    """Type of each field, in order."""
    info = msgspec.inspect.type_info(struct)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{struct.__name__} is {info}; expected a struct")
    return {field.name: field.type for field in info.fields}


def columns_of(struct: type[msgspec.Struct], names: Iterable[str] | None = None) -> tuple[Column, ...]:
    """Columns for fields of a struct, kind and NULL from the field's type, so that the two cannot drift.

    Parameters
    ----------
    struct
        The noun that a row holds.
    names
        The fields, in order; None = all.

    Examples
    --------
    >>> from clri.model.observation import Observation
    >>> columns_of(Observation, ("ts", "price", "cascade_active"))[0]
    Column(name='ts', kind='time', null=False, default=None)
    """
    types = _types(struct)
    return tuple(Column(name, *_kind(name, types[name])) for name in (types if names is None else names))


def words_of(struct: type[msgspec.Struct], *names: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The fixed words of fields, for CHECK constraints.

    Examples
    --------
    >>> from clri.model.facts import Liquidation
    >>> words_of(Liquidation, "side")
    (('side', ('LONG', 'SHORT')),)
    """
    types = _types(struct)
    return tuple((name, tuple(str(word) for word in _words(types[name]))) for name in names)
