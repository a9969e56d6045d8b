"""The cascade score by plain Python: a deque of dictionaries, walked at every event."""

from collections import deque
from typing import Any, Final

from benchmarks.frames import VENUES
from benchmarks.plain import plain_mapper

WINDOW_MS: Final = 60_000


class Recomputed:
    """Plain decoding and a recomputed window."""

    def __init__(self) -> None:
        self.mappers = {venue: plain_mapper(venue) for venue in VENUES}
        self.window: deque[dict[str, Any]] = deque()

    def score(self, venue: str, raw: bytes, recv: int) -> float:
        """Risk score after a frame."""
        for fact in self.mappers[venue].decode(raw, recv):
            self.add(fact)
        return self.risk()

    def add(self, fact: dict[str, Any]) -> None:
        """Take an event, drop those older than 60 s."""
        window, end = self.window, fact["ts_venue"] - WINDOW_MS * 1_000_000
        while window and window[0]["ts_venue"] <= end:
            window.popleft()
        window.append(fact)

    def risk(self) -> float:
        """Weighted sum of the six factors of SCORES 5, from the events; 0 below 5 events or 100,000 USD."""
        usd = longs = large = 0.0
        venues: dict[str, float] = {}
        prices = []
        for event in self.window:
            value = event["usd"]
            usd += value
            if event["side"] == "LONG":
                longs += value
            if value >= 1e5:
                large += value
            venue = event["venue"]
            venues[venue] = venues.get(venue, 0.0) + value
            prices.append(event["price"])
        n = len(prices)
        if n < 5 or usd < 1e5:
            return 0.0
        mean = sum(prices) / n
        spread = (sum([(price - mean) ** 2 for price in prices]) / n) ** 0.5 / mean
        crossed = min(2, max(0, sum(value >= 0.01 * usd for value in venues.values()) - 1))
        return (
            25.0 * min(2.0, usd / 1e5)
            + 20.0 * min(2.0, n / 10.0)
            + 20.0 * 2.0 * (1.0 - min(1.0, spread / 0.005))
            + 15.0 * 2.0 * abs(2.0 * longs - usd) / usd
            + 15.0 * 2.0 * large / usd
            + 5.0 * crossed
        ) / 100.0
