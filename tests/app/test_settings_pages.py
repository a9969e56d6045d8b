import tomllib
from pathlib import Path
from typing import Any

import pytest

from clri.app.settings import Settings, pages
from clri.app.settings.findings import ALREADY_THERE, NOT_YET, TWO_VALUES, UNKNOWN_KEY, UNKNOWN_VARIABLE, UNREADABLE
from clri.app.settings.keys import keys, sections
from clri.app.settings.schema import json_schema
from clri.model.secret import Secret
from tests.app import said

DOCS = Path(__file__).resolve().parents[2] / "docs"
MAKE = "write it anew: python -m clri.app.settings.pages docs"


@pytest.mark.parametrize(("name", "text"), [("configuration.md", pages.reference), ("env.example", pages.env_example)])
def test_documents_are_what_the_generator_writes(name: str, text: Any) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == text(), MAKE


def test_the_generator_writes_both(tmp_path: Path) -> None:
    pages.write_documents(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["configuration.md", "env.example"]


def test_the_reference_names_everything() -> None:
    text = pages.reference()
    missing = [
        key.name for key in keys().values() if f"| `{key.name}` |" not in text or f"`{key.variable}`" not in text
    ]
    assert missing == []
    codes = (
        UNKNOWN_KEY,
        UNKNOWN_VARIABLE,
        NOT_YET,
        UNREADABLE,
        TWO_VALUES,
        ALREADY_THERE,
        "CLRI-CFG-001",
        "CLRI-CFG-010",
    )
    assert [code for code in codes if f"| {code} |" not in text] == []


def test_pages_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = pages.reference(), pages.env_example(), pages.toml_template(), json_schema()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    keys.cache_clear()
    sections.cache_clear()
    assert (pages.reference(), pages.env_example(), pages.toml_template(), json_schema()) == before


def uncommented(text: str) -> str:
    """Text with its settings switched on."""
    lines = [line[1:] if line.startswith("#") and not line.startswith("# ") else line for line in text.splitlines()]
    return "\n".join(lines)


def test_the_example_of_variables_is_complete_and_true(tmp_path: Path) -> None:
    text = pages.env_example()
    assert said(tmp_path, dotenv=text).settings == Settings()
    loaded = said(tmp_path, dotenv=uncommented(text), strict=True)
    assert {name for name, origin in loaded.origins.items() if str(origin) != "default"} == keys().keys()
    assert_defaults(loaded.settings)


def test_a_new_file_is_complete_and_true(tmp_path: Path) -> None:
    text = pages.toml_template()
    assert said(tmp_path, project=text).settings == Settings()
    loaded = said(tmp_path, project=uncommented(text))
    assert {name for name, origin in loaded.origins.items() if str(origin) != "default"} == keys().keys()
    assert_defaults(loaded.settings)


def assert_defaults(settings: Settings) -> None:
    """Every key that has a fixed default has it."""
    for key in keys().values():
        found: Any = settings
        for part in key.name.split("."):
            found = getattr(found, part)
        text = found.reveal() if isinstance(found, Secret) else str(found)
        assert text.endswith(key.example) if key.absent else found == key.default, key.name


def test_the_schema_holds_every_key_and_refuses_others() -> None:
    def leaves(table: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
        assert table["additionalProperties"] is False
        found = {}
        for name, below in table["properties"].items():
            here = f"{path}.{name}".lstrip(".")
            found |= leaves(below, here) if "properties" in below else {here: below}
        return found

    found = leaves(json_schema(), "")
    assert found.keys() == keys().keys()
    assert all(schema["description"] for schema in found.values())
    without = [name for name, schema in found.items() if "default" not in schema]
    assert without == [key.name for key in keys().values() if key.absent]
    assert {"general.data_dir", "storage.url", "cache.dir", "collect.etherscan.api_key"} <= set(without)
    assert found["scoring.min_coverage"]["exclusiveMinimum"] == 0.0
    assert found["replay.speed"]["x-unit"] == "x"


def test_template_is_toml_with_one_table_per_section() -> None:
    assert set(tomllib.loads(pages.toml_template())) == {name for name in sections() if name and "." not in name}
