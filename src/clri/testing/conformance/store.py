"""What every implementation of `clri.ports.Store` must do.

A plug-in's test runs each function with a factory of its own::

    @pytest.mark.parametrize("check", CHECKS + DURABLE_CHECKS, ids=lambda check: check.__name__)
    def test_my_store(check, tmp_path):
        check(lambda mode: MyStore(tmp_path / "store", mode))

Each function needs an empty place; the stores that it makes one after the other share that place.
"""

from collections.abc import Callable
from typing import Final

from clri.testing.conformance.assertions import MakeStore
from clri.testing.conformance.store_content import (
    check_any_symbol,
    check_empty_store_answers,
    check_none_everywhere,
    check_passes_over_kinds_without_table,
    check_reads_what_was_written,
    check_ten_thousand_rows,
)
from clri.testing.conformance.store_event_states import (
    check_event_states_are_what_was_written,
    check_event_states_keep_the_newest,
    check_event_states_of_another_mode_are_refused,
    check_reopening_finds_the_event_states,
)
from clri.testing.conformance.store_funding_events import (
    check_funding_events_are_forgotten_and_refused_like_the_rest,
    check_funding_events_are_what_was_written,
    check_funding_events_by_symbol_time_and_order,
    check_reopening_finds_the_funding_events,
)
from clri.testing.conformance.store_health import (
    check_health_is_forgotten_and_refused_like_the_rest,
    check_health_is_the_newest_picture,
    check_health_is_what_was_written,
    check_reopening_finds_the_health,
)
from clri.testing.conformance.store_life import (
    check_closing_twice,
    check_nan_is_refused,
    check_opening_in_another_mode_is_refused,
    check_other_mode_is_refused,
    check_reopening_finds_the_data,
    check_retention,
)
from clri.testing.conformance.store_pairs import (
    check_pairs_are_forgotten_and_refused_like_the_rest,
    check_pairs_are_what_was_written,
    check_pairs_by_name_time_and_order,
    check_reopening_finds_the_pairs,
)
from clri.testing.conformance.store_rows import (
    check_event_without_venue_time_is_one_event,
    check_last_row_of_a_minute_stays,
    check_last_state_of_a_cascade_stays,
    check_newest_reading_is_an_answer_even_if_null,
    check_order,
    check_order_of_neighbours,
    check_ranges_are_half_open,
    check_symbol_and_limit,
    check_writing_twice_leaves_one_row,
)

Check = Callable[[MakeStore], None]

CHECKS: Final[tuple[Check, ...]] = (
    check_reads_what_was_written,
    check_empty_store_answers,
    check_passes_over_kinds_without_table,
    check_writing_twice_leaves_one_row,
    check_event_without_venue_time_is_one_event,
    check_last_row_of_a_minute_stays,
    check_last_state_of_a_cascade_stays,
    check_newest_reading_is_an_answer_even_if_null,
    check_ranges_are_half_open,
    check_order,
    check_order_of_neighbours,
    check_symbol_and_limit,
    check_any_symbol,
    check_none_everywhere,
    check_ten_thousand_rows,
    check_retention,
    check_other_mode_is_refused,
    check_nan_is_refused,
    check_closing_twice,
    check_health_is_what_was_written,
    check_health_is_the_newest_picture,
    check_health_is_forgotten_and_refused_like_the_rest,
    check_pairs_are_what_was_written,
    check_pairs_by_name_time_and_order,
    check_pairs_are_forgotten_and_refused_like_the_rest,
    check_funding_events_are_what_was_written,
    check_funding_events_by_symbol_time_and_order,
    check_funding_events_are_forgotten_and_refused_like_the_rest,
    check_event_states_are_what_was_written,
    check_event_states_keep_the_newest,
    check_event_states_of_another_mode_are_refused,
)
"""For every store."""

DURABLE_CHECKS: Final[tuple[Check, ...]] = (
    check_reopening_finds_the_data,
    check_opening_in_another_mode_is_refused,
    check_reopening_finds_the_health,
    check_reopening_finds_the_pairs,
    check_reopening_finds_the_funding_events,
    check_reopening_finds_the_event_states,
)
"""For stores that outlive their process."""
