"""Which files and variables settings are read from, and the folders of the platform."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

NAME: Final = "clri"
FILE: Final = "clri.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look; None = not there.

    Parameters
    ----------
    project
        The project's file, `./clri.toml` unless named by `--config`.
    user
        The user's file.
    dotenv
        File of variables.
    environ
        Variables of the process.
    must_exist
        The project's file was named by the user: its absence is an error.
    """

    project: Path | None = None
    user: Path | None = None
    dotenv: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    must_exist: bool = False

    @classmethod
    def usual(cls, config_file: str | None = None) -> "Places":
        """Places of a command; a named file stands in for `./clri.toml`."""
        return cls(
            project=Path(config_file or FILE),
            user=user_file(),
            dotenv=Path(".env"),
            environ=os.environ,
            must_exist=config_file is not None,
        )

    @classmethod
    def only(cls, file: Path) -> "Places":
        """One file and nothing else, to check it by itself."""
        return cls(project=file, must_exist=True)


def user_file() -> Path | None:
    """The user's settings file; None without a home folder."""
    if sys.platform == "darwin":
        folder = _home("Library", "Application Support")
    else:
        folder = _from_variable("XDG_CONFIG_HOME") or _home(".config")
    return None if folder is None else folder / NAME / FILE


def data_folder() -> Path:
    """The platform's data folder; `./clri-data` without a home folder."""
    if sys.platform == "darwin":
        folder = _home("Library", "Application Support")
    else:
        folder = _from_variable("XDG_DATA_HOME") or _home(".local", "share")
    return Path.cwd() / "clri-data" if folder is None else folder / NAME


def _from_variable(name: str) -> Path | None:
    """Folder of a variable; a relative one is invalid by the XDG rules and counts as not set."""
    folder = Path(os.environ.get(name, ""))
    return folder if folder.is_absolute() else None


def _home(*parts: str) -> Path | None:
    try:
        return Path.home().joinpath(*parts)
    except RuntimeError:
        return None
