"""A chain as Etherscan tells of it: blocks with token events, pages of at most so many rows, and refusals."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from clri.collect.providers.etherscan import sweep
from clri.collect.providers.etherscan.tokens import KINDS, TOPICS, USDC, USDT, ZERO

T0 = 1_790_000_000
BINANCE = "0x28c6c06298d514db089934071355e5743bf21d60"
COINBASE = "0xa9d1e08c7793af67e9d92fe308d5697fb81d3e43"
M = 1_000_000


def stranger(number: int) -> str:
    return f"0x{0xABC0000 + number:040x}"


def tx(number: int) -> str:
    return f"0x{number:064x}"


@dataclass
class Event:
    block: int
    tx: str
    units: int
    sender: str = stranger(1)
    to: str = BINANCE
    contract: str = USDT
    kind: str = "transfer"

    def log(self, index: int) -> dict:
        ends = [f"0x{'0' * 24}{end[2:]}" for end in (self.sender, self.to)] if self.kind == "transfer" else []
        return {
            "address": self.contract,
            "topics": [TOPICS[self.kind], *ends],
            "data": f"0x{self.units:064x}",
            "blockNumber": hex(self.block),
            "blockHash": tx(self.block),
            "timeStamp": hex(T0 + 12 * self.block),
            "gasPrice": "0x1",
            "logIndex": hex(index) if index else "0x",
            "transactionHash": self.tx,
            "transactionIndex": "0x",
        }

    def row(self) -> dict:
        return {
            "blockNumber": str(self.block),
            "timeStamp": str(T0 + 12 * self.block),
            "hash": self.tx,
            "from": self.sender,
            "contractAddress": self.contract,
            "to": self.to,
            "value": str(self.units),
            "tokenSymbol": "USDT",
            "tokenDecimal": "6",
        }


@dataclass
class Chain:
    head: int = 1000
    events: list[Event] = field(default_factory=list)
    most_pages: int = 10
    refuse: dict[str, str] = field(default_factory=dict)
    """Words of the refusal by a part of the query."""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> bytes:
        """Reply to a path as it would be called."""
        self.asked.append(path)
        query = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
        for part, words in self.refuse.items():
            if part in path:
                return failure(words)
        if query["action"] == "eth_blockNumber":
            return json.dumps({"jsonrpc": "2.0", "id": 83, "result": hex(self.head)}).encode()
        page, rows = int(query["page"]), int(query["offset"])
        if page > self.most_pages:
            return failure("Result window is too large, PageNo x Offset size must be less than or equal to 10000")
        by_account = query["action"] == "tokentx"
        contract = query["contractaddress" if by_account else "address"]
        kind = "transfer" if by_account else KINDS[query["topic0"]]
        start, end = (
            int(query[name]) for name in (("startblock", "endblock") if by_account else ("fromBlock", "toBlock"))
        )
        found = [
            event.row() if by_account else event.log(index)
            for index, event in enumerate(sorted(self.events, key=lambda event: event.block))
            if event.contract == contract and event.kind == kind and start <= event.block <= min(end, self.head)
        ][(page - 1) * rows : page * rows]
        if not found:
            words = "No transactions found" if by_account else "No records found"
            return json.dumps({"status": "0", "message": words, "result": []}).encode()
        return json.dumps({"status": "1", "message": "OK", "result": found}).encode()


def failure(words: str) -> bytes:
    return json.dumps({"status": "0", "message": "NOTOK", "result": words}).encode()


def turn(mapper, chain: Chain, recv_ns: int) -> list:
    """One turn of the series, without a network: what the poller does."""
    items: list = []
    series = mapper.sweep
    while (poll := series.following()) is not None:
        before = mapper.tally.frames.copy()
        items += mapper.reply(f"GET {poll.path}", chain.answer(poll.path), recv_ns)
        if any(key.startswith("quarantined") for key in mapper.tally.frames - before):
            break
        assert len(chain.asked) < 100_000
    series.interrupted()
    return items


def small_pages(monkeypatch, rows: int) -> None:
    monkeypatch.setattr(sweep, "PAGE_ROWS", rows)


__all__ = ["BINANCE", "COINBASE", "T0", "USDC", "USDT", "ZERO", "Chain", "Event", "M", "stranger", "turn", "tx"]
