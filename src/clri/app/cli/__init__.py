"""The command `clri`: one file per verb; heavy libraries load inside the verbs, so that `--help` answers at once."""

from clri.app.cli.verbs import main

__all__ = ["main"]
