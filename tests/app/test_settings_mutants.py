"""Every key, set wrong in every way we can think of: none may pass in silence (RELIABILITY 35)."""

import json
from pathlib import Path

import pytest

from clri.app.settings.keys import Key, keys
from clri.app.settings.readers import DAYS, FOLDER, HTTPS, NAMES, SECRET, SPEED, STEPS, STORE, SYMBOLS, URL, VENUES, YES
from tests.app import refused, said

NO_VALUE = ("true", "[]", "[1]", "{}", "1979-05-27", "''", "' '", "[['BTC']]")
NO_NAMES = ("[]", "''", "' '")
"""A list of names may be empty."""
NO_TEXT = ("0", "-1", "1.5", "nan", "inf")
NO_NUMBER = ("'x'", "'5'", "'0.5'", "nan", "inf", "-inf", "-1", "1e400", "99999999999999999999")
NO_STORE = ("sqlite://", "sqlite:///", "sqlite:///:memory:", "x.db", "sqlite:///x?k=v", "mysql://h/d", "redis://h")
SPECIAL = {
    SYMBOLS.read: ((*NO_TEXT, "['B C']", "['MARKET']", "'[1]'", "'[\"BTC\"'", "['ÄÖ']", f"['{'A' * 21}']"), "['X']"),
    VENUES.read: ((*NO_TEXT, "['binanceus']", "['BTC']", "'['", "'okx;gate'"), "['okx']"),
    FOLDER.read: ((*NO_TEXT, '"a\\u0000b"', '"a\\nb"'), "'/tmp/x'"),
    STORE.read: (
        (*NO_TEXT, *(f"'{url}'" for url in NO_STORE), "'sqlite:///~no-such-user/x'", "'SQLITE:///x'"),
        "'sqlite:///x'",
    ),
    STEPS.read: (
        (*NO_TEXT, "'BTC'", "['BTC=0']", "['BTC=x']", "['BTC=1', 'btc=2']", "{BTC=-1}", "{'B C'=1}"),
        "{BTC=50}",
    ),
    HTTPS.read: (
        (*NO_TEXT, "'http://example.org'", "'ftp://h'", "'https://'", "'https://h?k=v'", "'https://u:p@h'"),
        "'https://h/x'",
    ),
    URL.read: (
        (*NO_TEXT, "'ftp://h'", "'h:1'", "'http://'", "'ws://h?k=v'", "'http://u:p@h'", "'http://a b'"),
        "'ws://h:1/x'",
    ),
    YES.read: ((*NO_TEXT, "'true'", "'yes'", "1"), "false"),
    SECRET.read: ((*NO_TEXT, "'a b'", "'ä'", f"'{'k' * 257}'"), "'k'"),
    NAMES.read: ((*NO_TEXT, "['A-B']", "['1x']", "'['", "'a;b'"), "['phemex']"),
    DAYS.read: ((*NO_NUMBER, "0", "1.5", "3651", "'never'", "1.0"), "12"),
    SPEED.read: ((*NO_NUMBER, "0.5", "600.1"), "0"),
}
RIGHT = {"volatility.stable": "0.02", "volatility.high_vol": "0.06"}
"""Values that also fit their neighbours, which must ascend."""
WRONG_TEXTS = (" ", ",", "[", "[]", "nan", "1_0", "0x5", "٣", "1e999", "5 5", "null", "a\nb")
WRONG_TEXTS_OF = {
    SYMBOLS.read: (" ", ",", "[", "[]", "1_0", "٣", "5 5", "a\nb"),
    FOLDER.read: (" ", "a\nb", "a\tb"),
    SECRET.read: (" ", "5 5", "a\nb", "\u0663"),
    NAMES.read: ("[", "1_0", "0x5", "\u0663", "1e999", "5 5", "a\nb"),
}
"""Almost any word may be a symbol, a folder or a key."""


def bounds(key: Key) -> tuple[tuple[str, ...], str]:
    """What a number with bounds must refuse, and a value that it takes."""
    schema = key.reader.schema
    whole = schema["type"] == "integer"
    most, least = schema["maximum"], schema.get("minimum", schema.get("exclusiveMinimum"))
    wrong = [str(most * 2 + 1), str(most + 1 if whole else most * 1.001), str(least - 1 if whole else least - 0.001)]
    wrong += ["1.5", "2.0"] if whole else []
    wrong += [str(least)] if "exclusiveMinimum" in schema else []
    return (*NO_NUMBER, *wrong), str(least + 1 if whole else least + (most - least) / 2)


def cases(key: Key) -> tuple[tuple[str, ...], str]:
    """TOML texts that a key must refuse, and one that it takes."""
    if words := key.reader.schema.get("enum"):
        return (*NO_VALUE, *NO_TEXT, "'none of them'"), f"'{words[-1]}'"
    wrong, right = SPECIAL.get(key.reader.read) or bounds(key)
    good = {NAMES.read: NO_NAMES, YES.read: ("true",)}.get(key.reader.read, ())
    no_value = tuple(text for text in NO_VALUE if text not in good)
    return (*no_value, *wrong), RIGHT.get(key.name, right)


def toml(key: Key, value: str) -> str:
    """Document that sets a key in line 2; weights of the same table make a sum of 1."""
    section, _, name = key.name.rpartition(".")
    others = [n for n in keys() if n.rpartition(".")[0] == section and n != key.name and "weights" in n]
    try:
        rest = [f"{other} = {(1 - float(value)) / len(others)!r}" for other in others]
    except ValueError:
        rest = []
    return "\n".join(["# one", f"{section}.{name} = {value}", *rest])


@pytest.mark.parametrize("key", keys().values(), ids=list(keys()))
def test_a_right_value_reaches_its_field(tmp_path: Path, key: Key) -> None:
    value = said(tmp_path, project=toml(key, cases(key)[1]))
    found = value.settings
    for part in key.name.split("."):
        found = getattr(found, part)
    assert found != key.default
    assert str(value.origins[key.name]).endswith("clri.toml:2")


@pytest.mark.parametrize("key", keys().values(), ids=list(keys()))
def test_wrong_values_of_a_file_are_refused(tmp_path: Path, key: Key) -> None:
    for wrong in cases(key)[0]:
        error = refused(tmp_path, project=toml(key, wrong))
        code = "CLRI-CFG-007" if wrong == "'mysql://h/d'" else "CLRI-CFG-001"
        assert error.code == code, wrong
        first = str(error).splitlines()[0]
        assert first.startswith((f"{key.name} was ", f"{key.name} (")), wrong
        assert f"{tmp_path}/clri.toml:2)" in first, wrong
        assert first.endswith(f"expected {key.reader.expected}"), wrong


@pytest.mark.parametrize("key", keys().values(), ids=list(keys()))
def test_wrong_values_of_variables_are_refused(tmp_path: Path, key: Key) -> None:
    for text in WRONG_TEXTS_OF.get(key.reader.read, WRONG_TEXTS):
        error = refused(tmp_path, env={key.variable: text})
        assert error.code == "CLRI-CFG-001", text
        assert f"(environment {key.variable})" in str(error), text
        assert len(str(error).splitlines()) == 1, text


@pytest.mark.parametrize("key", keys().values(), ids=list(keys()))
def test_a_misspelt_key_is_refused(tmp_path: Path, key: Key) -> None:
    right = cases(key)[1]
    section, _, name = key.name.rpartition(".")
    for wrong in {f"{section}.{name}x", f"{section}.{name.upper()}", f"{section}s.{name}", f"x{section}.{name}", name}:
        error = refused(tmp_path, project=f"{wrong} = {right}")
        assert error.code == ("CLRI-CFG-001" if wrong == "funding" else "CLRI-CFG-003"), wrong  # a section, not a value
        assert "clri.toml:1)" in str(error), wrong


@pytest.mark.parametrize("key", keys().values(), ids=list(keys()))
def test_a_misspelt_variable_warns_and_strict_refuses(tmp_path: Path, key: Key) -> None:
    for wrong in (f"{key.variable}X", key.variable.replace("__", "_"), key.variable[:-1] + "_"):
        (warning,) = said(tmp_path, env={wrong: "1"}).warnings
        assert warning.startswith(f"CLRI-CFG-004   Unknown setting {wrong} (environment). Did you mean CLRI_"), wrong
        assert refused(tmp_path, env={wrong: "1"}, strict=True).code == "CLRI-CFG-004"


def test_the_mutants_are_not_refused_for_another_reason() -> None:
    assert all(json.dumps(cases(key)[1]) and cases(key)[1] not in cases(key)[0] for key in keys().values())
