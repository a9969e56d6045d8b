"""Settings in force: flags > environment > .env > project file > user file > defaults (CONTRACTS 8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from clri.app.settings.findings import Findings
from clri.app.settings.given import Given
from clri.app.settings.keys import keys
from clri.app.settings.model import Settings
from clri.app.settings.origins import DEFAULT, Origin
from clri.app.settings.places import Places
from clri.app.settings.section import Section
from clri.app.settings.toml_file import read_toml
from clri.app.settings.variables import Variables, judge_strangers, read_dotenv
from clri.model.errors import ConfigError

COMMAND_LINE: Final = "command line"

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings in force.

    Parameters
    ----------
    settings
        The frozen tree.
    origins
        Where each key's value came from, by key; all keys are there.
    warnings
        One line each.
    """

    settings: Settings
    origins: dict[str, Origin]
    warnings: list[str]


def load_settings(
    *,
    config_file: str | None = None,
    strict: bool = False,
    flags: Mapping[str, Any] | None = None,
    places: Places | None = None,
) -> Loaded:
    """Read all places and make the settings in force.

    Parameters
    ----------
    config_file
        File in place of `./clri.toml`; it must be there.
    strict
        An unknown CLRI_ variable is an error.
    flags
        Options of the command by key, None = not given. Text is parsed as a variable's would be.
    places
        Where to look in place of the usual.

    Raises
    ------
    ConfigError
        For everything that is wrong, a line each; exit code 2.

    Examples
    --------
    >>> loaded = load_settings(flags={"general.symbols": "btcusdt,eth"}, places=Places())
    >>> loaded.settings.general.symbols, str(loaded.origins["general.symbols"])
    (('BTC', 'ETH'), 'command line')
    """
    where = places or Places.usual(config_file)
    findings = Findings()
    by_rank = list(_by_rank(where, flags or {}, findings, strict=strict))
    given: dict[str, Given] = {}
    for layer in reversed(by_rank):
        given |= layer
    values: dict[str, Any] = {}
    for name, told in given.items():
        try:
            values[name] = told.read(keys()[name])
        except ConfigError as error:
            findings.problems.append(error)
        if told.alias:
            ours = keys()[name].variable
            findings.warn(
                "config.alias_used", f"{told.alias} ({told.origin.place}) sets {name}; its name here is {ours}"
            )
    settings = _filled(Settings(), "", values, given, findings)
    findings.raise_all()
    origins = {name: given[name].origin if name in given else DEFAULT for name in keys()}
    return Loaded(settings, origins, findings.warnings)


def _by_rank(
    where: Places, flags: Mapping[str, Any], findings: Findings, *, strict: bool
) -> Iterable[dict[str, Given]]:
    """What each place says, highest rank first."""
    yield _from_flags(flags, findings)
    environment = Variables(where.environ)
    dotenv = read_dotenv(where.dotenv, findings) if where.dotenv is not None else Variables({})
    for place in (environment, dotenv):
        judge_strangers(place, findings, strict=strict)
        yield place.given(findings)
    _say_originals((environment, dotenv), findings)
    for path, must in ((where.project, where.must_exist), (where.user, False)):
        if path is not None:
            yield read_toml(path, findings, must_exist=must) or {}


def _from_flags(flags: Mapping[str, Any], findings: Findings) -> dict[str, Given]:
    found = {}
    for name, raw in flags.items():
        origin = Origin(COMMAND_LINE)
        if raw is not None and name in keys():
            found[name] = Given(raw, origin, text=isinstance(raw, str))
        elif raw is not None:
            findings.not_a_key(name, origin)
    return found


def _say_originals(places: Iterable[Variables], findings: Findings) -> None:
    """One notice for all variables of the original tools that wait, one for those without effect."""
    became = {name: state for place in places for name, state in place.originals()}
    for state, words in (("waiting", "not available in this version"), ("ignored", "without effect in clri")):
        names = sorted(name for name, found in became.items() if found == state)
        if names:
            findings.warn(f"config.{state}", f"{', '.join(names)}: known from the original tools, {words}")


def _filled(section: S, path: str, values: Mapping[str, Any], given: Mapping[str, Given], findings: Findings) -> S:
    """The section with values in place of its defaults."""
    changes: dict[str, Any] = {}
    for name in section.__struct_fields__:
        key = f"{path}.{name}".lstrip(".")
        now = getattr(section, name)
        if isinstance(now, Section):
            changes[name] = _filled(now, key, values, given, findings)
        elif key in values:
            changes[name] = values[key]
    if any(f"{path}.{name}" in given and name not in changes for name in section.__struct_fields__):
        return section  # one of its values is no value: what the others make together says nothing
    try:
        return msgspec.structs.replace(section, **changes)
    except ConfigError as error:
        named = "; ".join(f"{path}.{name} from {given[f'{path}.{name}'].origin}" for name in changes)
        findings.problem(
            error.code, f"{path}: {error} ({named})", "All of them: " + ", ".join(section.__struct_fields__)
        )
        return section
