"""Tests of the application; `said` and `refused` load settings from nothing but what a test says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clri.app.settings import Loaded, load_settings
from clri.app.settings.places import Places
from clri.model.errors import ConfigError


def said(
    folder: Path,
    *,
    flags: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    dotenv: str | None = None,
    project: str | None = None,
    user: str | None = None,
    strict: bool = False,
) -> Loaded:
    """Load settings from these texts; what is None is not there."""
    files = {".env": dotenv, "clri.toml": project, "user.toml": user}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    places = Places(folder / "clri.toml", folder / "user.toml", folder / ".env", env or {})
    return load_settings(flags=flags, strict=strict, places=places)


def refused(folder: Path, **place: Any) -> ConfigError:
    """Error of settings that are wrong; always exit code 2."""
    with pytest.raises(ConfigError) as caught:
        said(folder, **place)
    assert caught.value.exit_code == 2
    return caught.value
