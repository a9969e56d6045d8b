"""A raw value, where it came from, and what it is once it was read."""

from typing import Any, NamedTuple

from clri.app.settings.findings import NOT_YET, WRONG_VALUE, brief, shown
from clri.app.settings.keys import Key
from clri.app.settings.origins import Origin
from clri.app.settings.readers import UNSHOWN, LaterError
from clri.model.errors import ConfigError


class Given(NamedTuple):
    """What a place says about a key.

    Parameters
    ----------
    raw
        As it stands there.
    origin
        Where.
    text
        It is the text of a variable and still to be parsed.
    alias
        Name of the original tools under which it was given; "" = our own.
    """

    raw: Any
    origin: Origin
    text: bool = False
    alias: str = ""

    def read(self, key: Key) -> Any:  # noqa: ANN401 - whatever the key holds
        """Typed value.

        Raises
        ------
        ConfigError
            One line: key, what was found, where, what is expected. Values of secrets are left out.
        """
        try:
            return key.reader.read(self.raw, self.text)
        except LaterError as error:
            raise ConfigError(
                f"{key.name} ({self.origin}) is not available in this version: {error}; expected {key.reader.expected}",
                code=NOT_YET,
                hint=f"Remove it, or set {key.variable}, which wins." if self.alias else "",
            ) from None
        except ValueError as error:
            secret = self.origin.hidden or any(key.reader is reader for reader in UNSHOWN)
            found = "a value that is not shown" if secret else shown(self.raw)
            reason = f": {brief(str(error))}" if str(error) and not self.origin.hidden else ""
            raise ConfigError(
                f"{key.name} was {found} ({self.origin}){reason}; expected {key.reader.expected}", code=WRONG_VALUE
            ) from None
