"""`docs/troubleshooting.md`: an entry for every code in use, and none for a code that is not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"
CODE = re.compile(r"CLRI-[A-Z]+-\d{3}")
ENTRIES = dict(
    re.findall(r"^### (CLRI-[A-Z]+-\d{3})\n(.*?)(?=^#|\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)


def used() -> set[str]:
    """Codes that stand anywhere in the package."""
    return {code for path in (ROOT / "src").rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert sorted(used() - ENTRIES.keys()) == []
    assert sorted(ENTRIES.keys() - used()) == []


def test_each_code_has_one_entry() -> None:
    headings = re.findall(r"^### (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(set(headings)) == sorted(ENTRIES)


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_an_entry_says_what_it_means_what_it_does_and_what_to_type(code: str) -> None:
    meaning, effect, advice = re.split(r"^- (?:Effect|Type): ", ENTRIES[code].strip(), flags=re.MULTILINE)
    assert len(meaning.split()) >= 4
    assert len(effect.split()) >= 2
    assert advice.startswith("nothing") or "`" in advice or "report" in advice or "free some space" in advice


def test_commands_that_are_named_exist() -> None:
    from clri.app.cli.verbs import app

    verbs = {command.name or "" for command in app.registered_commands} | {g.name or "" for g in app.registered_groups}
    named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*clri (?:-v )?([a-z]+)", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 10
    assert named <= verbs, named - verbs


def test_the_readme_links_it() -> None:
    assert "docs/troubleshooting.md" in (ROOT / "README.md").read_text(encoding="utf-8")
