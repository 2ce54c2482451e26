"""Makes the two widgets: the view of a result, and the line that says that a run is on."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import anywidget
import traitlets

from jq_magic.notebook.view import bundle
from jq_magic.notebook.view.pages import Pages


class _Widget(anywidget.AnyWidget):
    """Is a widget that the page only reads, and whose closing leaves no model behind."""

    def set_state(self, _state: object) -> None:
        """Take nothing that the page writes: ipywidgets would set any trait that travels, and Python reads them back.

        `place` goes into HTML as it is.
        """

    def close(self) -> None:
        """Close the widget and the layout that ipywidgets made for it."""
        layout = getattr(self, "layout", None)
        if layout is not None:
            layout.close()
        super().close()


class ResultView(_Widget):
    """Shows a result; outputs travel in pages, on request.

    Args:
        head: What is shown around the outputs: meters, details, messages, what stopped the run, offers.
        text: Outputs as JSON texts, one a line.
        cell: What a cell has before its filter, and the filter; None where that is not known.
        bundle: Gives what a front end displays where it is asked to display the view; None for a widget alone.

    Attributes:
        place: The mark that the static HTML of the same result carries, another one for each result.
        first: Answers to the requests that the page makes at first, so that it can show the result at once.

    """

    _esm = bundle.script("view")
    _css = bundle.style()
    place = traitlets.Unicode().tag(sync=True)
    head = traitlets.Dict().tag(sync=True)
    first: traitlets.List[Any] = traitlets.List().tag(sync=True)
    cell: traitlets.List[Any] = traitlets.List(allow_none=True, default_value=None).tag(sync=True)

    def __init__(
        self,
        head: dict[str, Any],
        text: str,
        cell: list[str] | None = None,
        bundle: Callable[[ResultView], dict[str, Any]] | None = None,
    ) -> None:
        pages = Pages(text)
        super().__init__(place=secrets.token_hex(16), head=head, first=pages.first(), cell=cell)
        self._pages = pages
        self._bundle = bundle
        self._is_between = False
        self.on_msg(self._answer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self._bundle is None:
            return super()._repr_mimebundle_(**kwargs)
        # The page closes a view whose output was cleared; one that somebody holds can be displayed again.
        self.layout.open()
        self.open()
        return self._bundle(self)

    def close(self) -> None:
        """Close the widget; its class still says how it is displayed."""
        super().close()
        # ipywidgets puts None over the method of what is closed.
        self.__dict__.pop("_repr_mimebundle_", None)

    def keep(self) -> None:
        """Live on when the page clears the output: the next result is to be shown in this view."""
        self._is_between = True

    def show(self, head: dict[str, Any], text: str, cell: list[str] | None = None) -> None:
        """Show another result in the place of the one before."""
        self._pages = Pages(text)
        with self.hold_sync():
            self.place = secrets.token_hex(16)
            self.head = head
            self.first = self._pages.first()
            self.set_trait("cell", cell)
        # The page can say on another thread that the result before is gone: by now that is another place.
        self._is_between = False

    @property
    def closed(self) -> bool:
        """Say whether it has no model any more."""
        return self.comm is None

    def _answer(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("op") == "closed":
            if content.get("place") == self.place and not self._is_between:
                self.close()
            return
        answer = self._pages.answer(content)
        if answer is not None:
            self.send(answer)


class ProgressLine(_Widget):
    """Shows a line in the page, outside of the notebook's outputs, while a run is on.

    anywidget takes a model that is closed before the page has loaded its script for one that failed, and
    says so on the page's console. So the page lets go of a line that is over, when it has loaded it; where
    no page does, the line serves the next run.

    Args:
        began_s: Seconds that the run has taken already.
        deadline_s: Seconds that it may take.

    """

    _esm = bundle.script("progress")
    _css = bundle.style()
    began_s = traitlets.Float().tag(sync=True)
    deadline_s = traitlets.Float().tag(sync=True)
    over = traitlets.Bool(False).tag(sync=True)
    _last: ClassVar[ProgressLine | None] = None
    #: Pages are answered on other threads than runs are served.
    _turn: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, began_s: float, deadline_s: float) -> None:
        super().__init__(began_s=began_s, deadline_s=deadline_s)
        self.on_msg(self._let_go)

    @classmethod
    def begin(cls, began_s: float, deadline_s: float) -> ProgressLine:
        """Give the line of a run: a new one, or one that is over and that no page has let go of."""
        with cls._turn:
            line, cls._last = cls._last, None
            if line is None:
                return cls(began_s, deadline_s)
            with line.hold_sync():
                line.began_s, line.deadline_s, line.over = began_s, deadline_s, False
            return line

    def end(self) -> None:
        """Take the line away; its model goes when the page lets go of it."""
        with ProgressLine._turn:
            self.over = True
            if ProgressLine._last is None:
                ProgressLine._last = self
            else:
                # Of two runs at a time, one line is enough to wait.
                self.close()

    def _let_go(self, _widget: object, content: object, _buffers: object) -> None:
        with ProgressLine._turn:
            if content != {"op": "gone"} or not self.over:
                return
            if ProgressLine._last is self:
                ProgressLine._last = None
            self.close()
