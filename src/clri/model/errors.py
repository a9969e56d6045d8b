"""The error tree of the package.

```
ClriError                 .code CLRI-<AREA>-<nnn>, .retryable, .hint
├── ConfigError           CFG      wrong or missing settings, wrong command line          exit 2
├── InputError            DATA     a file or table the user gave cannot be used           exit 2
├── UpstreamError         NET      a venue or provider cannot be reached or refuses       exit 4
├── StoreError            STORE    the store cannot be opened, read or written            exit 5
├── SnapshotError         DATA     saved state does not fit this build or these settings
└── QuarantineError       FEED     one frame or row is broken; counted, never fatal
```
"""


class ClriError(Exception):
    """Base of all errors that the package raises on purpose.

    Parameters
    ----------
    message
        What was found, where, and what was expected.
    code
        `CLRI-<AREA>-<nnn>`; one code, one troubleshooting entry.
    hint
        What to type next; empty if nothing helps.
    retryable
        True if the same call may succeed later without a change.
    """

    default_code: str = "CLRI-APP-001"
    exit_code: int = 1

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.hint = hint
        self.retryable = retryable


class ConfigError(ClriError):
    """Settings or command line are wrong."""

    default_code = "CLRI-CFG-001"
    exit_code = 2


class InputError(ClriError):
    """A file or table that the user named cannot be used."""

    default_code = "CLRI-DATA-001"
    exit_code = 2


class UpstreamError(ClriError):
    """A venue or provider cannot be reached, or refuses."""

    default_code = "CLRI-NET-001"
    exit_code = 4


class StoreError(ClriError):
    """The store cannot be opened, read or written."""

    default_code = "CLRI-STORE-001"
    exit_code = 5


class SnapshotError(ClriError):
    """Saved state does not fit this build or these settings; start without it."""

    default_code = "CLRI-DATA-010"


class QuarantineError(ClriError):
    """One frame or row is broken.

    Parameters
    ----------
    reason
        Short stated category, used as a counter label: `not_finite`, `range`, `time_unit`, ….
    message
        What was found and what was expected.
    """

    default_code = "CLRI-FEED-010"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
