"""Settings: one typed, frozen tree, filled from flags, environment, files and defaults (CONTRACTS 8).

| module | noun |
|---|---|
| model | the sections and every key: type, default, bounds, unit |
| readers | how a raw value becomes a typed one, and what is expected of it |
| keys | the same keys as a flat table: `general.symbols` |
| aliases, bundles, planned | names of the original tools; dictionaries of theirs; sections of later versions |
| toml_file, variables | what a file and the environment say |
| places | which files are read, and platform folders |
| origins, findings | where a value came from; what is wrong, one line each |
| load | all of it in order of precedence: `load_settings` |
| pages, schema | what people read: documents, `clri.toml`, JSON schema |

Each value is read by the rules of the place it comes from: text of a variable is parsed, a TOML value must already
have its type. Libraries that merge first and validate the tree in one mode take ``min_events = true`` as 1, and the
usual one costs each command 0.3 s.
"""

from clri.app.settings.load import Loaded, load_settings
from clri.app.settings.model import Settings

__all__ = ["Loaded", "Settings", "load_settings"]
