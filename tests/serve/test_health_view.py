"""The health of the feeds as people read it: quiet and silent never look alike, nothing is cut, names are no markup."""

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from clri.model.codec import decode_output, encode
from clri.model.health import FeedHealth, HealthState
from clri.serve.terminal.health import MARKS, health_rows, health_view
from clri.testing.builders import feed_health

MUTE = {
    "venue": "binance",
    "state": "stale",
    "code": "CLRI-FEED-002",
    "detail": "suspect: no liquidation for 14 min while bybit and okx reported 212; treated as missing",
    "data_age_s": 840.0,
    "effect": "BTC liquidation input loses 30 % of its open interest; coverage 70 %",
}


def shown(rows, width: int = 160, **options) -> str:
    out = StringIO()
    Console(file=out, width=width, **options).print(health_view(rows, width))
    return out.getvalue()


def test_every_state_has_a_word_of_its_own():
    assert set(MARKS) == {
        word for part in HealthState.__args__ for word in ([part] if isinstance(part, str) else part.__args__)
    }
    assert len({word for _, word, _ in MARKS.values()}) == len(MARKS)


def test_quiet_and_silent_differ_without_colours():
    quiet = shown([feed_health(state="quiet", data_age_s=360.0)], no_color=True)
    silent = shown([feed_health(state="stale", data_age_s=360.0)], no_color=True)
    assert "● quiet 6 min" in quiet
    assert "○ SILENT 6 min" in silent


def test_what_is_wrong_stands_below_with_code_and_cost():
    text = shown([feed_health(**MUTE), feed_health()])
    assert "2 feeds: 1 up, 1 SILENT" in text
    flat = " ".join(text.split())
    assert f"CLRI-FEED-002 binance liquidation: {MUTE['detail']} {MUTE['effect']}" in flat
    assert flat.count("CLRI-FEED-002") == 1


def test_a_coin_stands_under_its_channel_and_is_no_feed_of_its_own():
    text = shown([feed_health(channel="tickers"), feed_health(channel="tickers", symbol="ETH", state="stale")])
    assert "1 feeds: 1 up" in text
    assert "tickers ETH" in text


def test_missing_numbers_are_dashes_and_never_zero():
    bare = feed_health(last_event_ts=None, data_age_s=None, events_per_min=None, expected_per_min=None, skew_ms=None)
    line = next(line for line in shown([bare]).splitlines() if "bybit" in line)
    assert line.count("—") == 4


def test_nothing_collected_is_said():
    assert "nothing collects" in shown([])


@pytest.mark.parametrize("width", [60, 80, 100, 120, 140, 160])
def test_a_narrow_terminal_shows_fewer_columns_and_cuts_none(width):
    text = shown([feed_health(**MUTE), feed_health(channel="!markPrice@arr@1s")], width)
    assert "…" not in text
    assert "!markPrice@arr@1s" in text


def test_names_are_not_markup():
    assert "[red]x[/red]" in shown([feed_health(channel="[red]x[/red]", detail="[bold]y")])


def test_json_rows_hold_every_field_with_times_as_text():
    (row,) = health_rows([feed_health(**MUTE)])
    assert set(row) == {"k", *FeedHealth.__struct_fields__}
    assert (row["k"], row["symbol"], row["ts"], row["last_event_ts"]) == (
        *("fhl", None),
        *("2026-09-21T14:14:00.000Z", "2026-09-21T14:13:54.000Z"),
    )
    assert msgspec.json.decode(msgspec.json.encode(row)) == row


def test_it_is_an_output_like_others():
    assert decode_output(encode(feed_health(**MUTE))) == feed_health(**MUTE)
