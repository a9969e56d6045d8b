"""Order of scores, and what is refused."""

import pytest

from clri.engine.cadence import Cadence
from clri.engine.score import Column
from clri.engine.topology import in_order
from clri.model.errors import ConfigError


def score(name: str, reads: tuple[str, ...], writes: tuple[str, ...]):
    class Fake:
        inputs = reads
        outputs = tuple(Column(column, "", None, None, "") for column in writes)

        def __init__(self, cadence: Cadence) -> None: ...

    Fake.name = name
    return Fake(Cadence())


def test_each_comes_after_what_it_reads() -> None:
    c, b, a = score("c", ("y",), ("z",)), score("b", ("x",), ("y",)), score("a", ("given",), ("x",))
    assert [s.name for s in in_order([c, b, a], {"given"})] == ["a", "b", "c"]


def test_listed_order_breaks_ties() -> None:
    scores = [score(name, ("given",), (name,)) for name in ("q", "p", "r")]
    assert [s.name for s in in_order(scores, {"given"})] == ["q", "p", "r"]


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ([score("a", ("y",), ("x",)), score("b", ("x",), ("y",))], "circle: a, b"),
        ([score("a", ("a1",), ("a1",))], "circle: a"),
        ([score("a", ("given",), ("x",)), score("b", ("given",), ("x",))], "written by b and by a"),
        ([score("a", ("given",), ("given",))], "the observation row"),
        ([score("a", ("nowhere",), ("x",))], "reads nowhere"),
    ],
)
def test_what_is_refused(scores, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        in_order(scores, {"given"})
