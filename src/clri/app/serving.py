"""Runs something until it ends or the user ends it: signals become a cancel, so that what is held gets written."""

import asyncio
import gc
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

CODES: Final = {signal.SIGINT: 130, signal.SIGTERM: 143}


def serve(work: Coroutine[Any, Any, None]) -> int:
    """Run `work` to its end; exit code 0, or 130 and 143 after Ctrl-C and SIGTERM.

    Of a group of errors the first is raised by itself: the command line knows what to do with it.
    """
    try:
        return asyncio.run(_serve(work))
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from group
    finally:
        gc.freeze()  # all is written: to search what is left for rubbish would take most of a second


async def _serve(work: Coroutine[Any, Any, None]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    stopped: list[int] = []

    def stop(code: int) -> None:
        stopped.append(code)
        task.cancel()

    for number, code in CODES.items():
        with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, stop, code)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
    return stopped[0] if stopped else 0
