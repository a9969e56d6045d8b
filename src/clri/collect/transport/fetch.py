"""One REST call: its body, or the reason why there is none (VENUES 6)."""

from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from clri.collect.mapper import Poll
from clri.collect.transport.clock import Clock, limited
from clri.collect.transport.credential import NONE, Credential
from clri.collect.transport.refusal import Loss, of_status

TIMEOUT_S: Final = 10.0
PIECE: Final = 64 << 10


class Reply(msgspec.Struct, frozen=True):
    """Outcome of a call: body with its receipt (UTC ns), or a loss; headers of the reply, if one came."""

    body: bytes
    recv_ns: int
    loss: Loss | None
    headers: Mapping[str, str]
    retry: bool = False


async def fetch(
    session: aiohttp.ClientSession,
    base: str,
    poll: Poll,
    headers: Mapping[str, str],
    clock: Clock,
    credential: Credential = NONE,
) -> Reply:
    """Make one call.

    Returns
    -------
    Reply
        `retry` is True where the same call may work in a moment: 5xx, time-out, DNS, TLS, a lost connection. Texts
        never hold the URL, which may hold a key.
    """
    try:
        return await limited(clock, TIMEOUT_S, _call(session, base, poll, headers, clock, credential))
    except TimeoutError:
        return _failed("timeout", clock)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return _failed(type(error).__name__, clock)


def _failed(detail: str, clock: Clock) -> Reply:
    return Reply(b"", clock.wall_ns(), Loss("lost", detail), {}, retry=True)


async def _call(
    session: aiohttp.ClientSession,
    base: str,
    poll: Poll,
    headers: Mapping[str, str],
    clock: Clock,
    credential: Credential,
) -> Reply:
    sent = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", **headers, **credential.headers}
    if poll.body is not None:
        sent["Content-Type"] = "application/json"
    request = session.request(
        poll.method, base.rstrip("/") + credential.of(poll.path), data=poll.body, headers=sent, allow_redirects=False
    )
    async with request as response:
        loss = of_status(response.status, response.headers.get("Retry-After"), clock.wall_ns())
        if loss is None and not _is_json(response.content_type):
            loss = Loss("content", f"content type {response.content_type[:60]}, expected JSON")
        body = bytearray()
        if loss is None:
            async for piece in response.content.iter_chunked(PIECE):
                body += piece
                if len(body) > poll.cap_bytes:
                    body.clear()
                    loss = Loss("too_large", f"body above {poll.cap_bytes} bytes")
                    break
        recv_ns = clock.wall_ns()
        if loss is not None:
            response.close()  # the rest is not read
        return Reply(credential.masked(bytes(body)), recv_ns, loss, response.headers, retry=response.status >= 500)  # noqa: PLR2004


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")
