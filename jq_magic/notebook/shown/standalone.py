"""Shows a result that Python code made: where a cell ends with it, and as a widget that can be put anywhere."""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from jq_magic.notebook.shown.display import Shown
from jq_magic.notebook.view.views import Views
from jq_magic.result import Result

if TYPE_CHECKING:
    from jq_magic.notebook.view.widget import ResultView


def view(result: Result | Shown) -> ResultView:
    """Make a live view of a result: a table, a tree, charts, a search.

    JupyterLab, Notebook 7 and others with Jupyter's widgets show it where a cell ends with it, or `display` is called.
    In marimo, `mo.ui.anywidget` makes it an element.
    Returns: An anywidget. It asks this process for what is scrolled to, so it needs the kernel.
    Raises: ModuleNotFoundError where anywidget is not installed.
    """
    if importlib.util.find_spec("anywidget") is None:
        raise ModuleNotFoundError("jq_magic.view needs anywidget: pip install 'jq-magic[notebook]'", name="anywidget")
    from jq_magic.notebook.view.widget import ResultView  # noqa: PLC0415 - terminals do without anywidget

    shown = result if isinstance(result, Shown) else Shown(result)

    def bundle(view: ResultView) -> dict[str, Any]:
        views, setting = _views()
        return shown.bundle(view, "static" if views is None else views.mode(setting))

    return ResultView(shown.head(), shown.result.text, bundle=bundle)


def bundle(result: Result) -> dict[str, Any]:
    """Give what IPython displays of a result, by MIME type."""
    views, setting = _views()
    return Shown(result, views=views, mode=setting)._repr_mimebundle_()


def static(result: Result) -> Shown:
    """Give what shows a result without a live view."""
    return Shown(result)


def _views() -> tuple[Views | None, str]:
    """Give the views of the shell that runs this code, and how its settings want them shown."""
    shell: Any = get_ipython()
    if shell is None:
        return None, "static"
    magics = shell.magics_manager.registry.get("JqMagic")
    if magics is not None:
        return magics.views, magics.view
    return _without_extension(shell), "auto"


@functools.lru_cache(maxsize=1)
def _without_extension(shell: Any) -> Views:
    """Make the views of a shell that has not loaded the extension."""
    views = Views(shell)
    shell.events.register("pre_run_cell", views.cell_runs)
    shell.events.register("post_run_cell", views.cell_ran)
    return views
