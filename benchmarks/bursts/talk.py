"""Commands and answers between processes: one JSON object a line, over the pipes of a child."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import msgspec

ROOT: Final = Path(__file__).parents[2]
Handler = Callable[[dict[str, Any]], Awaitable[Any]]


class Child:
    """A process that answers commands.

    Parameters
    ----------
    module
        Run as `python -m`; it calls `serve`.
    words
        Its arguments.
    python
        Interpreter; default this one.
    """

    def __init__(self, module: str, *words: str, python: str = sys.executable) -> None:
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        self._process = subprocess.Popen(
            [python, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": path},
        )

    def ask(self, do: str, **names: Any) -> Any:
        """Answer of a command.

        Raises
        ------
        RuntimeError
            If the process ended; its own error stands on stderr.
        """
        told, heard = self._process.stdin, self._process.stdout
        assert told is not None
        assert heard is not None
        told.write(msgspec.json.encode({"do": do, **names}) + b"\n")
        told.flush()
        answer = heard.readline()
        if not answer:
            raise RuntimeError(f"the process ended with code {self._process.wait()} at {do!r}; its error is above")
        return msgspec.json.decode(answer)

    def close(self) -> None:
        """End it: its input ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


async def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer the commands of the parent until it closes the pipe."""
    reader = asyncio.StreamReader(limit=1 << 24)
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    while line := await reader.readline():
        asked = msgspec.json.decode(line, type=dict[str, Any])
        answer = await handlers[asked.pop("do")](asked)
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    pipe.close()
