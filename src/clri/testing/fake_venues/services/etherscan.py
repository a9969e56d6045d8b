"""Etherscan v2: events and transfers of two stablecoins, at most 1,000 rows a reply and three calls a second."""

from typing import Any, ClassVar, Final

from clri.model.names import Venue
from clri.testing.fake_venues.services.chain import Kind, Move, block_at, moves, time_of
from clri.testing.fake_venues.services.service import Answer, Call, Service

TOPICS: Final[dict[str, Kind]] = {
    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef": "transfer",
    "0xcb8241adb0c3fdb35b70c24ce35c5eb0c17af7431c99f827d44a445ca624176a": "issue",
    "0x702d5967f45f6513a38ffc42d6ba9bf230bd40e8f53b16363c7eb4fd2deb9a44": "redeem",
}
ROWS: Final = 1000
WINDOW: Final = 10_000
"""Rows that can be reached by pages."""


class Etherscan(Service):
    """The service; the key is a parameter."""

    name: ClassVar[Venue] = "etherscan"
    prefix: ClassVar[str] = "/v2/api"
    limit: ClassVar = (3, 1.0)

    def over(self) -> Answer:
        """Refusal with HTTP 200, as the service does it."""
        return _refused("Max calls per sec rate limit reached (3/sec)")

    def answer(self, call: Call) -> Answer | None:
        """Answer to a call."""
        asked = call.query
        if not asked.get("apikey"):
            return _refused("Missing/Invalid API Key")
        if asked.get("chainid") != "1":
            return _refused("Missing or unsupported chainid parameter (required for v2 api)")
        head = block_at(call.at // 1000)
        match asked.get("module"), asked.get("action"):
            case "proxy", "eth_blockNumber":
                return Answer({"jsonrpc": "2.0", "id": 83, "result": hex(head)})
            case "logs", "getLogs":
                kind = TOPICS.get(asked.get("topic0", ""))
                found = self._found(asked.get("address", ""), kind, asked.get("fromBlock"), asked.get("toBlock"), head)
                return _page(call, [_log(move, asked["topic0"]) for move in found])
            case "account", "tokentx":
                contract = asked.get("contractaddress", "")
                found = self._found(contract, "transfer", asked.get("startblock"), asked.get("endblock"), head)
                return _page(call, [_transfer(move) for move in found])
        return _refused("Error! Missing Or invalid Action name")

    def _found(self, contract: str, kind: Kind | None, start: str | None, end: str | None, head: int) -> list[Move]:
        first, last = int(start or head), min(head, int(end or head))
        blocks = range(max(first, last - WINDOW), last + 1)
        every = (move for block in blocks for move in moves(self.seed, block))
        return [move for move in every if move.contract == contract.lower() and move.kind == kind]


def _refused(text: str) -> Answer:
    return Answer({"status": "0", "message": "NOTOK", "result": text})


def _page(call: Call, rows: list[dict[str, Any]]) -> Answer:
    offset = min(ROWS, max(1, int(call.query.get("offset", ROWS))))
    page = max(1, int(call.query.get("page", 1)))
    if page * offset > WINDOW:
        return _refused("Result window is too large, PageNo x Offset size must be less than or equal to 10000")
    found = rows[(page - 1) * offset : page * offset]
    if not found:
        return Answer({"status": "0", "message": "No records found", "result": []})
    return Answer({"status": "1", "message": "OK", "result": found})


def _log(move: Move, topic: str) -> dict[str, Any]:
    topics = [topic]
    if move.kind == "transfer":
        topics += ["0x" + "0" * 24 + address[2:] for address in (move.sender, move.to)]
    return {
        "address": move.contract,
        "topics": topics,
        "data": f"0x{move.units:064x}",
        "blockNumber": hex(move.block),
        "timeStamp": hex(time_of(move.block)),
        "gasPrice": "0x3b9aca00",
        "logIndex": hex(move.log_index) if move.log_index else "0x",
        "transactionHash": move.tx,
        "transactionIndex": "0x1",
    }


def _transfer(move: Move) -> dict[str, Any]:
    return {
        "blockNumber": str(move.block),
        "timeStamp": str(time_of(move.block)),
        "hash": move.tx,
        "contractAddress": move.contract,
        "from": move.sender,
        "to": move.to,
        "value": str(move.units),
        "tokenDecimal": "6",
    }
