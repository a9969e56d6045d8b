"""JSON schema of `clri.toml`, for editors."""

from typing import Any, Final

from clri.app.settings.keys import keys, sections
from clri.app.settings.writing import as_json

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Schema of a settings file; unknown keys are refused.

    Examples
    --------
    >>> json_schema()["properties"]["replay"]["properties"]["seed"]["maximum"]
    4294967295
    """
    tables: dict[str, dict[str, Any]] = {}
    for path, words in sections().items():
        table = {"type": "object", "description": words, "additionalProperties": False, "properties": {}}
        tables[path] = table
        if path:
            above, _, name = path.rpartition(".")
            tables[above]["properties"][name] = table
    for path, key in keys().items():
        above, _, name = path.rpartition(".")
        schema = {**key.reader.schema, "description": key.about}
        if not key.absent:
            schema["default"] = as_json(key, key.default)
        if key.unit and key.unit != "-":
            schema["x-unit"] = key.unit
        tables[above]["properties"][name] = schema
    return {"$schema": DIALECT, "title": "clri.toml", **tables[""]}
