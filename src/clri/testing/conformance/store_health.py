"""The health of the feeds: one picture, the newest, whoever asks."""

from clri.model.errors import ConfigError
from clri.model.timebase import DAY, MINUTE
from clri.testing.builders import T0, feed_health, minute
from clri.testing.conformance.assertions import MakeStore, emptied, equal, raised


def check_health_is_what_was_written(make_store: MakeStore) -> None:
    """To the nanosecond, whole and with everything missing that may be; sorted by venue, channel and symbol."""
    odd = minute(1) + 123_456_789
    full = feed_health(ts=odd, last_event_ts=odd - 7, code="CLRI-FEED-002", detail="silent", effect="BTC loses 30 %")
    coin = feed_health(ts=odd, symbol="ETH", state="stale")
    bare = emptied(feed_health(ts=odd, venue="binance"))
    with make_store("live") as store:
        equal(store.health(), [])
        store.write([coin, full, bare])
        store.flush()
        equal(store.health(), [bare, full, coin])


def check_health_is_the_newest_picture(make_store: MakeStore) -> None:
    """A row that the newest picture lacks is gone; an older picture written again changes nothing."""
    old = [feed_health(), feed_health(symbol="ETH", state="stale")]
    new = [feed_health(ts=minute(1), state="quiet")]
    with make_store("live") as store:
        for picture in (old, new, old):
            store.write(picture)
            store.flush()
        equal(store.health(), new)


def check_health_is_forgotten_and_refused_like_the_rest(make_store: MakeStore) -> None:
    """Retention takes an old picture; another mode is refused."""
    with make_store("live") as store:
        raised(ConfigError, lambda: store.write([feed_health(mode="replay-recorded")]))
        store.write([feed_health()])
        store.flush()
        store.retain(T0 + MINUTE)
        equal(store.health(), [feed_health()])
        store.retain(T0 + 3650 * DAY)
        equal(store.health(), [])


def check_reopening_finds_the_health(make_store: MakeStore) -> None:
    """Another process sees what was flushed."""
    with make_store("live") as store:
        store.write([feed_health()])
    with make_store("live") as store:
        equal(store.health(), [feed_health()])
