"""Hypothesis strategies for any struct of the model, made from its types: every value that a field admits."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from clri.model.codec import TIMES

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
TIME = st.integers(0, 4_000_000_000_000_000_000)
"""1970 to 2096, ns."""
ANYTHING = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

SIMPLE = {
    msgspec.inspect.FloatType: NUMBERS,
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.StrType: TEXTS,
    msgspec.inspect.NoneType: st.none(),
    msgspec.inspect.AnyType: ANYTHING,
}


def of_type(kind: msgspec.inspect.Type, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a type; `name` = its field, since times are integers too."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            found = st.one_of([of_type(part, name) for part in types])
        case msgspec.inspect.LiteralType(values=values):
            found = st.sampled_from(values)
        case msgspec.inspect.ListType(item_type=item):
            found = st.lists(of_type(item), max_size=3)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            found = st.dictionaries(of_type(key), of_type(value), max_size=4)
        case msgspec.inspect.TupleType(item_types=items):
            found = st.tuples(*(of_type(item) for item in items))
        case msgspec.inspect.StructType(cls=cls):
            found = structs(cls)
        case msgspec.inspect.IntType():
            found = TIME if name in TIMES else INTEGERS
        case _:
            found = SIMPLE[type(kind)]
    return found


def structs(cls: type, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances of a struct class; `fixed` replaces the strategies of fields."""
    fields = {field.name: of_type(field.type, field.name) for field in msgspec.inspect.type_info(cls).fields}
    return st.builds(cls, **(fields | fixed))
