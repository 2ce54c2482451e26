"""Is the IPython extension: it brings the magics, completion, and the display of results."""

from __future__ import annotations

import sys
from typing import Any

from jq_magic.errors import RuntimeUnavailableError
from jq_magic.guest.module import MODULES
from jq_magic.limits.ceiling import PROCESS
from jq_magic.notebook.magic import completion, transform
from jq_magic.notebook.magic.magics import JqMagic

_MAGICS = [("line", "jq"), ("cell", "jq"), ("line", "jq_module"), ("cell", "jq_module"), ("line", "jq_history")]


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics; doing it twice changes nothing."""
    if _loaded(ipython):
        return
    # A ceiling that cannot be read is an error now, not at the first cell.
    PROCESS.current()
    MODULES.notice = _say
    magics = JqMagic(ipython)
    ipython.register_magics(magics)
    ipython.events.register("pre_run_cell", magics.views.cell_runs)
    ipython.events.register("post_run_cell", magics.views.cell_ran)
    ipython.input_transformer_manager.token_transformers.append(transform.JqLine)
    if ipython.Completer is not None:
        ipython.Completer.custom_matchers.append(completion.matcher(ipython, magics.library))
    try:
        MODULES.warm_up()
    except RuntimeUnavailableError as error:
        _say(f"jq_magic: {error}")


def unload_ipython_extension(ipython: Any) -> None:
    """Take back everything that loading registered."""
    for kind, name in _MAGICS:
        ipython.magics_manager.magics[kind].pop(name, None)
    magics = ipython.magics_manager.registry.pop(JqMagic.__name__, None)
    if magics is not None:
        ipython.events.unregister("pre_run_cell", magics.views.cell_runs)
        ipython.events.unregister("post_run_cell", magics.views.cell_ran)
        magics.views.close()
    MODULES.notice = None
    configurables = ipython.configurables
    configurables[:] = [configurable for configurable in configurables if not isinstance(configurable, JqMagic)]
    transformers = ipython.input_transformer_manager.token_transformers
    transformers[:] = [transformer for transformer in transformers if transformer is not transform.JqLine]
    if ipython.Completer is not None:
        matchers = ipython.Completer.custom_matchers
        matchers[:] = [matcher for matcher in matchers if not completion.is_ours(matcher)]


def _loaded(ipython: Any) -> bool:
    return transform.JqLine in ipython.input_transformer_manager.token_transformers


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the notice is for the person who waits
