"""What may a run use?

`kinds` is the one table of limits; `limits` has `Limits` and the presets, `amounts` how people read and write
them, `ceiling` the largest that may be asked for, and `exceeded` the error that says that one was met.
"""

from jq_magic.limits.kinds import BY_FIELD, BY_NAME, KINDS, Kind
from jq_magic.limits.limits import PRESETS, Limits, preset

__all__ = ["BY_FIELD", "BY_NAME", "KINDS", "PRESETS", "Kind", "Limits", "preset"]
