"""What needs what: order of scores, and refusal of circles, strangers and twins."""

from collections.abc import Iterable, Sequence

from clri.engine.score import Score
from clri.model.errors import ConfigError


def in_order(scores: Iterable[Score], given: Iterable[str]) -> list[Score]:
    """Order scores so that each comes after those whose columns it reads; the listed order breaks ties.

    Parameters
    ----------
    scores
        Scores in listed order.
    given
        Columns that exist before any score: the numbers of the observation row.

    Raises
    ------
    ConfigError
        If two scores write one column, a score reads a column that nobody writes, or scores form a circle.
    """
    todo = list(scores)
    known = set(given)
    _refuse_twins(todo, known)
    _refuse_strangers(todo, known)
    done: list[Score] = []
    while todo:
        ready = [score for score in todo if known.issuperset(score.inputs)]
        if not ready:
            names = ", ".join(sorted(score.name for score in todo))
            raise ConfigError(f"scores form a circle: {names}", code="CLRI-CFG-020")
        first = ready[0]
        todo.remove(first)
        done.append(first)
        known.update(column.name for column in first.outputs)
    return done


def _refuse_twins(scores: Sequence[Score], given: set[str]) -> None:
    writer: dict[str, str] = dict.fromkeys(given, "the observation row")
    for score in scores:
        for column in score.outputs:
            if column.name in writer:
                raise ConfigError(
                    f"column {column.name} is written by {score.name} and by {writer[column.name]}", code="CLRI-CFG-021"
                )
            writer[column.name] = score.name


def _refuse_strangers(scores: Sequence[Score], given: set[str]) -> None:
    written = given | {column.name for score in scores for column in score.outputs}
    for score in scores:
        missing = sorted(set(score.inputs) - written)
        if missing:
            raise ConfigError(f"{score.name} reads {', '.join(missing)}, which nobody writes", code="CLRI-CFG-022")
