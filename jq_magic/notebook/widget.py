"""The two widgets: the view of a result, and the line that says that a run is on."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from jq_magic.notebook import bundle
from jq_magic.notebook.pages import Pages


class _Closable(anywidget.AnyWidget):
    """A widget whose closing leaves no model behind."""

    def close(self) -> None:
        """Close the widget and the layout that ipywidgets made for it."""
        layout = getattr(self, "layout", None)
        if layout is not None:
            layout.close()
        super().close()


class ResultView(_Closable):
    """The interactive view of a result; outputs travel in pages, on request.

    Args:
        place: The mark that the static HTML of the same result carries.
        head: What is shown around the outputs: meters, details, messages, what stopped the run, offers.
        text: Outputs as JSON texts, one a line.

    """

    _esm = bundle.script("view")
    _css = bundle.style()
    place = traitlets.Unicode().tag(sync=True)
    head = traitlets.Dict().tag(sync=True)

    def __init__(self, place: str, head: dict[str, Any], text: str) -> None:
        super().__init__(place=place, head=head)
        self._pages = Pages(text)
        self.on_msg(self._asked)

    def _asked(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("op") == "closed":
            self.close()
            return
        answer = self._pages.answer(content)
        if answer is not None:
            self.send(answer)


class ProgressLine(_Closable):
    """A line in the page, outside of the notebook's outputs, for as long as the widget lives.

    Args:
        began_s: Seconds that the run has taken already.
        deadline_s: Seconds that it may take.

    """

    _esm = bundle.script("progress")
    _css = bundle.style()
    began_s = traitlets.Float().tag(sync=True)
    deadline_s = traitlets.Float().tag(sync=True)
