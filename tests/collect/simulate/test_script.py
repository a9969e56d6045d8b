"""Scenarios: TOML in, arrays out, and a clear error for everything that could not be meant."""

from pathlib import Path

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.script import Scenario, Segment, compile_script, names, read_scenario
from clri.model.errors import InputError


def made(*segments: Segment, minutes: int = 10):
    return compile_script(Scenario("x", "x", minutes, segment=list(segments)))


def test_every_scenario_of_the_package_is_sound() -> None:
    assert names() == ["calm", "demo", "flat", "long_squeeze", "oct10", "outage", "short_squeeze", "trend"]
    for name in names():
        scenario = read_scenario(name)
        script = compile_script(scenario)
        assert scenario.name == name
        assert scenario.label
        assert all(0 <= label.start < label.end <= scenario.minutes for label in scenario.label)
        # The last row stands for all other times: there nothing is done.
        assert (script.longs[-1] == 1.0).all()
        assert (script.drift[-1] == 0.0).all()
        assert np.isnan(script.fixed[-1])
        for values in script[:1] + script[3:]:
            assert np.isfinite(values).all()


def test_a_drift_adds_up_to_its_value_times_beta() -> None:
    script = made(Segment("drift", 2, 6, value=-0.03), Segment("own_drift", 3, 5, value=0.01, symbols=["SOL"]))
    beta = np.array([coin.beta for coin in COINS])
    expected = -0.03 * beta
    expected[2] += 0.01
    np.testing.assert_allclose((script.drift * 60.0).sum(axis=0), expected)
    assert not script.drift[:2].any()
    assert not script.drift[6:].any()


def test_factors_multiply_values_add_and_ramps_run_from_end_to_end() -> None:
    script = made(
        Segment("longs", 0, 4, value=[1, 4], symbols=["BTC"]),
        Segment("longs", 2, 8, value=2),
        Segment("quiet", 0, 10, value=0.25),
        Segment("quiet", 5, 10, value=0.5),
        Segment("fixed_volatility", 1, 3, value=0.4),
        Segment("volatility", 2, 4, value=3),
        Segment("outage", 1, 2, venues=["okx", "gate"]),
    )
    assert script.longs[:9, 0].tolist() == [1, 2, 6, 8, 2, 2, 2, 2, 1]
    assert script.longs[:9, 1].tolist() == [1, 1, 2, 2, 2, 2, 2, 2, 1]
    assert script.quiet[[0, 4, 5, 9, 10], 3].tolist() == [0.25, 0.25, 0.75, 0.75, 0.0]
    assert np.isnan(script.fixed).tolist() == [True, False, False] + [True] * 8
    assert script.times[:5].tolist() == [1, 1, 3, 3, 1]
    assert script.off[1].tolist() == [0, 0, 1, 1, 0, 0]
    assert script.off.sum() == 2


def test_minutes_before_the_start_shift_the_first_row() -> None:
    scenario = Scenario("x", "x", 5, segment=[Segment("jumps", -3, 2, value=0)])
    assert scenario.first == -3
    assert compile_script(scenario).jumps.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]


HEAD = 'title = "x"\nminutes = 5\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("minutes = 5", "title"),
        (HEAD + "length = 3", "length"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2\nvalue = 2\nfactor = 3", "factor"),
        (HEAD + "[[segment]]\nkind = 'lngs'\nfrom = 0\nto = 2\nvalue = 2", "kind was 'lngs'; expected one of longs"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 2\nto = 2\nvalue = 2", "expected more than 2"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2", "takes `value`"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2\nvalue = 0", "expected > 0"),
        (HEAD + "[[segment]]\nkind = 'depth'\nfrom = 0\nto = 2\nvalue = [1, -1]", "expected >= 0"),
        (HEAD + "[[segment]]\nkind = 'depth'\nfrom = 0\nto = 2\nvalue = [1, 1, 1]", "a number, or two"),
        (HEAD + "[[segment]]\nkind = 'depth'\nfrom = 0\nto = 2\nvalue = nan", "expected -1000.0 to 1000.0"),
        (HEAD + "[[segment]]\nkind = 'drift'\nfrom = 0\nto = 2\nvalue = [1, 1]", "expected a number"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2\nvalue = 2\nsymbols = ['AVAX']", "unknown symbols AVAX"),
        (HEAD + "[[segment]]\nkind = 'volatility'\nfrom = 0\nto = 2\nvalue = 2\nsymbols = ['BTC']", "no `symbols`"),
        (HEAD + "[[segment]]\nkind = 'outage'\nfrom = 0\nto = 2", "takes `venues`"),
        (HEAD + "[[segment]]\nkind = 'outage'\nfrom = 0\nto = 2\nvenues = ['mtgox']", "takes `venues`"),
        (HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2\nvalue = 2\nvenues = ['okx']", "no `venues`"),
        ("minutes = ", "Invalid value"),
    ],
)
def test_what_could_not_be_meant_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_scenario(path)


def test_an_own_file_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HEAD + "[[segment]]\nkind = 'longs'\nfrom = 0\nto = 2\nvalue = 2\n")
    scenario = read_scenario(path)
    assert (scenario.name, scenario.minutes, scenario.before) == ("own", 5, 0)
