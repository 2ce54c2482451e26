"""A progress bar for work that takes long, where somebody looks at it: in a notebook or a terminal."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any

from jq_magic import imports

#: Work that is done sooner shows nothing.
_AFTER_S = 1.0


class Progress:
    """Counts steps; after a second it shows them, with tqdm, which knows notebooks and terminals.

    Args:
        total: How many steps there are, if that is known.
        is_wanted: True to show it at once, False for never, None where somebody can see it.

    """

    def __init__(self, total: int | None, is_wanted: bool | None) -> None:
        self._total, self._is_wanted = total, is_wanted
        self._steps = 0
        self._begins = time.monotonic() + (0.0 if is_wanted else _AFTER_S)
        self._bar: Any = None

    def __enter__(self) -> Progress:  # noqa: PYI034 - Self is not in every Python that is supported
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """One step more is done."""
        self._steps += 1
        if self._bar is not None:
            self._bar.update()
        elif self._is_wanted is not False and time.monotonic() >= self._begins:
            self._show()

    def _show(self) -> None:
        in_kernel = _is_in_kernel()
        if self._is_wanted is None:
            self._is_wanted = in_kernel or (sys.stderr is not None and sys.stderr.isatty())
            if not self._is_wanted:
                return
        # Half the time of `import jq_magic` is spared who needs no bar.
        # Without ipywidgets tqdm's bar for notebooks is a warning.
        kind = "auto" if in_kernel and importlib.util.find_spec("ipywidgets") else "std"
        tqdm = imports.whole(f"tqdm.{kind}").tqdm
        self._bar = tqdm(total=self._total, initial=self._steps, unit=" documents", unit_scale=True, leave=False)


def _is_in_kernel() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
