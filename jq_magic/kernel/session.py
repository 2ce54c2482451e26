"""Runs the cells of a jq notebook: nothing here knows of Jupyter's messages."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator

from IPython.core.error import UsageError

from jq_magic import jqcall
from jq_magic.errors import JqMagicError, LimitError, LimitValueError, ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.jqoptions import Options, Place, describe
from jq_magic.jqtext import Extended, imports_end
from jq_magic.kernel import cells
from jq_magic.kernel.cells import Cell, Directive, Line
from jq_magic.kernel.cursor import is_ended
from jq_magic.kernel.files import Directory
from jq_magic.kernel.names import Kept, check
from jq_magic.kernel.running import Call, Runner
from jq_magic.limits.amounts import read_count, show_bytes
from jq_magic.notebook.magic.words import QUOTED_CHARS, quoted
from jq_magic.notebook.shown import history, progress, retry
from jq_magic.notebook.shown.display import Shown
from jq_magic.notebook.view.views import Views

#: Names that `%names` lists.
_LISTED = 200
_DEFINITIONS = re.compile(r"(?:\s*#[^\n]*\n)*\s*def\b")
#: What each line at the top of a cell does.
HELP = {
    "%%jq [options] INPUT": "run the filter below on INPUT: a name, with steps as in rows[0].a, or a file",
    "%jq [options] INPUT FILTER": "the same on one line",
    "NAME = %jq [options] INPUT FILTER": "keep the outputs, and show nothing",
    "%use [options] [INPUT]": "what the cells without a header run on",
    "%%data NAME": "keep what is below: JSON, JSON lines, or lines for -R",
    "%data NAME FILE": "keep a file",
    "%%jq_module NAME": "keep what is below as a module, which filters import",
    "%jq_module [-d NAME]": "list the modules, or forget one",
    "%limits [options]": "limits of the cells that follow; alone it shows them",
    "%names": "list what is kept",
    "%forget NAME": "forget it",
    "%jq_history [N]": "the runs of this session",
    "%help": "this text",
}


@dataclasses.dataclass(frozen=True)
class Text:
    """Text that a cell writes."""

    text: str


#: What a cell shows.
Output = Text | Shown | history.Shown


class Session:
    """What the cells of one notebook share.

    Args:
        directory: Whose files cells may read; None for none.
        views: Where live views come from; None shows results as text and HTML only.

    """

    def __init__(self, directory: Directory | None = None, views: Views | None = None) -> None:
        self.runner = Runner(directory)
        self.views = views
        #: What the kernel's process has given up, a line each.
        self.walls: list[str] = []
        self.use: Line = cells.read_line("", is_kept=self._is_kept, cell=True, needs_input=False)
        self._directives: dict[str, Callable[[str], Iterator[Output]]] = {
            "use": self._use,
            "data": self._data,
            "limits": self._limits,
            "names": self._names,
            "forget": self._forget,
            "jq_module": self._modules,
            "jq_history": self._history,
            "help": self._help,
            "config": self._config,
            "load_ext": self._load_ext,
        }

    def execute(self, code: str, number: int) -> Iterator[Output]:
        """Run a cell.

        Args:
            code: The cell.
            number: Its number, under which its result is kept.
        Returns: What it shows, as it comes. Raises: UsageError, JqMagicError.

        """
        cell = cells.read(code)
        for directive in cell.directives:
            if directive.name == "jq":
                yield from self._line(directive, number)
            elif directive.name in self._directives:
                yield from self._directives[directive.name](directive.text)
            else:
                known = ", ".join(f"%{name}" for name in ["jq", *self._directives])
                raise UsageError(f"there is no %{directive.name[:QUOTED_CHARS]} in a jq notebook; there is {known}")
        if cell.magic == "data":
            yield from self._pasted(cell)
        elif cell.magic == "jq_module":
            yield from self._module(cell)
        elif cell.magic == "jq":
            line = cells.read_line(cell.header, is_kept=self._is_kept, cell=True)
            yield from self._filter(line, cell.body, number, cell)
        elif cell.body.strip():
            yield from self._body(cell, number)

    def _is_kept(self, name: str) -> bool:
        return name in self.runner.names

    def _body(self, cell: Cell, number: int) -> Iterator[Output]:
        """Run the body of a cell without a header, or keep its definitions."""
        if _DEFINITIONS.match(cell.body, imports_end(cell.body)) and self._is_definitions(cell.body):
            compiles = functools.partial(self.runner.library.compile, self.runner.defaults.sandbox(Options()))
            added = self.runner.definitions.add(cell.body, compiles)
            yield Text(f"defined {', '.join(added)}\n")
        else:
            yield from self._filter(self.use, cell.body, number, cell)

    def _is_definitions(self, body: str) -> bool:
        """Say whether a text is definitions alone: they end with a semicolon, and a filter can stand behind them."""
        program = Extended.of(f"{body}\n0", self.runner.definitions.text)
        try:
            self.runner.library.compile(self.runner.defaults.sandbox(Options()), program.text)
        except ProgramError:
            return False
        return is_ended(body)

    def _line(self, directive: Directive, number: int) -> Iterator[Output]:
        """Run a `%jq`; with `NAME =` before it nothing is shown."""
        written = cells.read_line(directive.text, is_kept=self._is_kept, cell=False)
        options = written.options
        if directive.into is not None:
            options.values |= {"out": directive.into, "quiet": True}
        call = Call(options, written.input, written.program, directive.text, is_cell=False, lines=directive.line)
        yield from self._run(call, number)

    def _filter(self, line: Line, body: str, number: int, cell: Cell) -> Iterator[Output]:
        call = Call(line.options, line.input, body, line.text, is_cell=True, lines=cell.body_line)
        yield from self._run(call, number)

    def _run(self, call: Call, number: int) -> Iterator[Output]:
        """Run a filter, keep its outputs, and show them; those that came before an error too."""
        options, runner = call.options, self.runner
        form = options.get("as")
        if form not in {None, "values", "text"}:
            raise UsageError(f"--as {form} makes an object of Python, and a jq notebook has none: --as text shows text")
        if "out" in options:
            check(options.get("out"))
        mode = "static" if self.views is None else self.views.mode(runner.defaults.view)
        runner.progress = progress.in_page if mode != "static" else None
        try:
            result = runner.run(call)
        except JqMagicError as error:
            stopped = None if "quiet" in options else self._stopped(error, call, mode)
            if stopped is not None:
                yield stopped
            raise
        runner.names.keep_result(number, Kept(result.text, f"cell {number}", is_result=True))
        if "out" in options:
            runner.keep(options.get("out"), result.text, f"cell {number}", is_result=True)
        if "exit_status" in options:
            jqcall.check_last(result)
        if "quiet" in options:
            return
        shown = Shown(result, jqcall.style(options), views=self.views, mode=runner.defaults.view)
        yield shown if form is None else Text("\n".join([*shown.lines, ""]))

    def _stopped(self, error: JqMagicError, call: Call, mode: str) -> Shown | None:
        """Give what came before an error; a limit also has, in the live view, the cells that raise it."""
        partial = error.partial
        if partial is None:
            return None
        offers: list[retry.Offer] = []
        if isinstance(error, LimitError) and mode != "static":
            line = call.line if call.line.strip() else "-n"
            offers = retry.offers(
                error,
                line,
                call.program if call.is_cell else None,
                cut=lambda text, key: cells.cut(text, key, is_kept=self._is_kept, cell=call.is_cell),
            )
        stopped = retry.headline(error) if isinstance(error, LimitError) and offers else ""
        if not offers and not (partial.text or partial.messages or partial.profile):
            return None
        return Shown(
            partial,
            jqcall.style(call.options),
            views=self.views,
            mode=self.runner.defaults.view,
            stopped=stopped,
            offers=offers,
        )

    def _pasted(self, cell: Cell) -> Iterator[Output]:
        name = cell.header.strip()
        if not name:
            raise UsageError("name what follows: %%data NAME")
        self.runner.keep(name, cell.body, "a cell")
        yield self._size(name)

    def _module(self, cell: Cell) -> Iterator[Output]:
        sandbox = self.runner.defaults.sandbox(Options({"engine": ENGINES[0]}))
        try:
            yield Text(self.runner.library.keep(cell.header, cell.body, sandbox))
        except ProgramError as error:
            error.move(0, cell.body_line)
            raise

    def _modules(self, text: str) -> Iterator[Output]:
        yield Text(self.runner.library.command(text))

    def _use(self, text: str) -> Iterator[Output]:
        line = cells.read_line(text, is_kept=self._is_kept, cell=True, needs_input=False)
        # What cannot be read is an error here, and not of each cell below.
        self.runner.text(line.input, self.runner.defaults.sandbox(line.options))
        self.use = line
        yield from ()

    def _data(self, text: str) -> Iterator[Output]:
        name, path = cells.name_and_file(text)
        check(name)
        self.runner.keep(name, self.runner.read(path, self.runner.defaults.sandbox(Options())), path)
        yield self._size(name)

    def _size(self, name: str) -> Text:
        kept = self.runner.names.get(name)
        assert kept is not None
        return Text(f"{name}: {show_bytes(kept.size)}\n")

    def _limits(self, text: str) -> Iterator[Output]:
        line = cells.read_line(text, is_kept=self._is_kept, cell=True, needs_input=False)
        if line.input is not None:
            raise UsageError(f"{quoted(line.input.name)} is no option; %limits takes options: %limits --fuel 1e8")
        self.runner.defaults.set(line.options)
        if not text.strip():
            yield Text("\n".join([self.runner.defaults.describe(), *self.walls, ""]))

    def _names(self, text: str) -> Iterator[Output]:
        if text.strip():
            raise UsageError("%names stands alone; %forget NAME forgets one")
        rows = [(name, self.runner.names.get(name)) for name in self.runner.names]
        lines = [f"{name}: {show_bytes(kept.size)} from {kept.origin}" for name, kept in rows[:_LISTED] if kept]
        lines += [f"… {len(rows) - _LISTED:,} more"] if len(rows) > _LISTED else []
        defined = self.runner.definitions.names
        lines += [f"defined: {', '.join(defined[:_LISTED])}"] if defined else []
        lines += self.runner.library.listed().splitlines()
        yield Text("\n".join([*(lines or ["nothing is kept yet"]), ""]))

    def _forget(self, text: str) -> Iterator[Output]:
        name, runner = text.strip(), self.runner
        if not (runner.names.forget(name) | runner.definitions.forget(name) | runner.library.forget(name)):
            raise UsageError(f"nothing is kept under {quoted(name)}")
        yield from ()

    def _history(self, text: str) -> Iterator[Output]:
        count = text.strip()
        try:
            yield self.runner.history.show(read_count(count)) if count else self.runner.history.show()
        except LimitValueError as error:
            raise UsageError(f"%jq_history takes how many runs to show: {error}") from None

    def _help(self, _text: str) -> Iterator[Output]:
        width = max(map(len, HELP))
        lines = [f"{form:<{width}}  {text}" for form, text in HELP.items()]
        yield Text("\n".join([*lines, "", describe(Place.MAGIC), ""]))

    def _config(self, text: str) -> Iterator[Output]:
        self.runner.defaults.config(text)
        yield from ()

    def _load_ext(self, text: str) -> Iterator[Output]:
        if text.strip() != "jq_magic":
            raise UsageError(f"there is no extension {quoted(text.strip())} in a jq notebook, in which only jq runs")
        yield from ()
