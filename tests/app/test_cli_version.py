"""`clri version`: what runs."""

import json
import platform

from clri.model.names import SCHEMA


def test_version_in_words_and_as_json(clri) -> None:
    document = clri("version", "--json").json
    assert document.keys() == {"version", "schema", "method", "python"}
    assert (document["schema"], document["python"]) == (SCHEMA, platform.python_version())
    assert document["method"] == "clri-1+scale-1+risk-1"
    said = clri("version")
    assert (said.code, said.err) == (0, "")
    assert all(str(value) in said.out for value in document.values())
    assert json.dumps(document)


def test_a_version_is_told_without_an_install(clri, monkeypatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("clri.app.cli.version.installed", absent)
    assert clri("version", "--json").json["version"] == "not installed"
