"""What a failure looks like: a code, what, where, what to type; the exit code says whose turn it is."""

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from types import FrameType
from typing import Final

import typer

from clri.model.errors import ClriError

INTERRUPTED: Final = 130
TERMINATED: Final = 143
BUG: Final = 1


def run_guarded(app: Callable[[], object]) -> int:
    """Run the command line and turn its end into an exit code (CONTRACTS 9)."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # an ASCII terminal gets ? for a dash, not a failure
            stream.reconfigure(errors="replace")
    try:
        app()
    except SystemExit as stop:
        return _stopped(stop)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001 - the outermost edge: a bug becomes a report and an exit code
        return _known(error) if isinstance(error, ClriError) else _unknown(error)
    return 0


def _stopped(stop: SystemExit) -> int:
    if isinstance(stop.__context__, BrokenPipeError):  # typer and rich catch it and make it exit code 1
        return _reader_left()
    if stop.code is None:
        return 0
    return stop.code if isinstance(stop.code, int) else BUG


def _reader_left() -> int:
    """`clri … | head`: the reader has all it wants, so the rest goes nowhere and nothing failed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return 0


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(TERMINATED)


def _verbose() -> bool:
    return bool({"-v", "--verbose"} & set(sys.argv))


def _known(error: ClriError) -> int:
    typer.echo(f"{error.code}   {error}", err=True)
    if error.hint:
        typer.echo(f"{' ' * len(error.code)}   {error.hint}", err=True)
    if _verbose():
        traceback.print_exc()
    return error.exit_code


def _unknown(error: Exception) -> int:
    """Write a report without local values, so that no secret can stand in it."""
    with tempfile.NamedTemporaryFile("w", prefix="clri-report-", suffix=".txt", delete=False) as report:
        for frame in traceback.extract_tb(error.__traceback__):
            report.write(f"{frame.filename}:{frame.lineno} in {frame.name}\n")
        report.write(f"{type(error).__name__}\n")
    typer.echo(f"CLRI-APP-001   unexpected {type(error).__name__}: this is a bug. Report: {report.name}", err=True)
    if _verbose():
        traceback.print_exc()
    return BUG
