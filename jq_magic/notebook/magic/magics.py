"""Defines the magics `%jq`, `%%jq`, `%%jq_module` and `%jq_history`."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NamedTuple

from IPython.core.error import UsageError
from IPython.core.magic import line_cell_magic as line_cell
from IPython.core.magic import line_magic, magics_class, needs_local_scope, no_var_expand
from IPython.display import display

from jq_magic import jqcall
from jq_magic.data import frames
from jq_magic.data.columns.block import Columns
from jq_magic.errors import FilterError, InputError, JqMagicError, LimitError, LimitValueError, ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.jqoptions import Options, Place, describe
from jq_magic.jqtext import Extended
from jq_magic.limits.amounts import read_count
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.messages import visible_head
from jq_magic.notebook.magic import caller, completion, hints, interrupt, lazy, lookup, variable
from jq_magic.notebook.magic.beginning import beginning
from jq_magic.notebook.magic.library import Library
from jq_magic.notebook.magic.line import FORMS, read
from jq_magic.notebook.magic.settings import Settings
from jq_magic.notebook.magic.words import QUOTED_CHARS
from jq_magic.notebook.shown import history, progress, retry
from jq_magic.notebook.shown.display import Shown
from jq_magic.notebook.view.views import Views
from jq_magic.program import Program
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox


class _Call(NamedTuple):
    """One call of a magic.

    Attributes:
        line, body: What was written; `body` is None for `%jq`.
        options, variable: What the line says; `variable` is None for a run on null.
        program: The filter.
        namespace: The variables that can be named.
        frame: The notebook's code that made the call, where it is known.
        jobs: As for `Program.run`: with a number each line of the input is a document.

    """

    line: str
    body: str | None
    options: Options
    variable: str | None
    program: str
    namespace: dict[str, Any]
    frame: FrameType | None
    jobs: int | None = None

    @property
    def gives_values(self) -> bool:
        """Whether the value of the call is asked for, and not its display."""
        return "as" in self.options

    def find(self, name: str) -> Any:
        """Look up a variable. Raises: UsageError."""
        root = _root(name)
        function = None if self.frame is None else caller.hidden_by(self.frame, root)
        if function is not None:
            raise UsageError(
                f"{root} is a variable of {function}, and Python hands it on to functions that mention it only: "
                f"write {root} on a line of its own before %jq, or make it an argument"
            )
        if root not in self.namespace and root in completion.BUILTINS and name == root:
            raise UsageError(f"{root} is no variable, but a filter; the variable stands before it: {FORMS[False]}")
        return lookup.find(self.namespace, name)


@magics_class
class JqMagic(Settings):
    """Settings of %jq and %%jq; options of a single call go before them."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.views = Views(shell, _filter_of)
        self.history = history.History()
        self.library = Library()

    @no_var_expand
    @needs_local_scope
    @line_cell
    def jq(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Run a filter; this text is replaced below by the help that lists the options."""
        assert self.shell is not None
        variables = self.shell.user_ns
        namespace = {**variables, **(local_ns or {})}
        written = read(line, cell=cell is not None, is_variable=lambda name: _is_variable(namespace, name))
        frame = caller.frame(self.shell)
        options = written.options
        if "out" in options:
            lookup.assignable(options.get("out"))
        if cell is None and "as" not in options and frame is not None and caller.assigns(frame):
            options.values["as"] = "values"
        call = _Call(line, cell, options, written.variable, written.program if cell is None else cell, namespace, frame)
        value = None if call.variable is None else call.find(call.variable)
        if (rows := lazy.of(value)) is not None:
            return self._run_lazily(call, rows)
        result = self._run(call, value)
        notes = []
        if result.text == "null\n" and call.variable is not None:
            notes = [note] if (note := hints.misspelt(call.program, value)) else []
        shown = Shown(result, jqcall.style(options), views=self.views, mode=self.view, notes=notes)
        produced = _produced(shown, options) if call.gives_values or "out" in options else None
        if "out" in options:
            variables[options.get("out")] = produced
        if "exit_status" in options:
            jqcall.check_last(result)
        if call.gives_values:
            return produced
        return None if "quiet" in options else shown

    @line_magic
    def jq_history(self, line: str) -> history.Shown:
        """Show the runs of this session: filter, variable, fuel, memory, time, outcome.

        %jq_history [N]     the last N, 100 without a number
        """
        count = line.strip()
        if not count:
            return self.history.show()
        try:
            return self.history.show(read_count(count))
        except LimitValueError as error:
            raise UsageError(f"%jq_history takes how many runs to show: {error}") from None

    @no_var_expand
    @line_cell
    def jq_module(self, line: str, cell: str | None = None) -> None:
        """Keep what is below as a module that filters can import.

        %%jq_module NAME        keep it; NAME.json is data
        %jq_module [-d NAME]    list the modules, or forget one
        """
        sandbox = self._sandbox(Options({"engine": ENGINES[0]}))
        text = self.library.command(line) if cell is None else self.library.keep(line, cell, sandbox)
        print(text, end="")  # noqa: T201 - the answer of a magic

    def _run_lazily(self, call: _Call, rows: lazy.Lazy) -> Any:
        """Give a data set with what the filter has for each row of another, or show the outputs of the first rows."""
        options = call.options
        lazy.check(rows, options)
        sandbox = self._sandbox(options)
        program = self.library.extended(call.program, options, sandbox)
        is_kept = call.gives_values or "out" in options
        if not is_kept and "quiet" in options:
            return None
        compile_ = self._compiler(call, sandbox)
        made = rows.each(compile_(program.text)) if is_kept else None
        if "out" in options:
            assert self.shell is not None
            self.shell.user_ns[options.get("out")] = made
        if call.gives_values or "quiet" in options:
            return made if call.gives_values else None
        result = self._run(call._replace(jobs=1), rows.first(compile_(".")))
        note = f"of the first {lazy.SHOWN_ROWS} rows; --out NAME gives a {rows.kind} of all"
        return Shown(result, jqcall.style(options), views=self.views, mode=self.view, notes=[note])

    def _compiler(self, call: _Call, sandbox: Sandbox) -> Callable[[str], Program]:
        """Give what compiles a filter as the options of a call say."""
        arguments = jqcall.arguments(call.options, {"var": lambda name: _plain(call.find(name))})
        return lambda text: self.library.compile(sandbox, text, arguments, call.options.positional)

    def _sandbox(self, options: Options) -> Sandbox:
        return jqcall.sandbox(
            options,
            default_runtime=self.runtime,
            default_engine=self.engine,
            default_preset=self.preset,
            settings=self.amounts(),
        )

    def _run(self, call: _Call, value: Any) -> Result:
        """Run the filter of a call on a variable's value; errors say what to do in a notebook."""
        sandbox = self._sandbox(call.options)
        program = self.library.extended(call.program, call.options, sandbox)
        compile_ = self._compiler(call, sandbox)
        compiled = functools.partial(compile_, program.text)
        with progress.shown(0.0, self._progress()):
            given = b"" if call.variable is None else variable.as_input(value, sandbox, compiled, call.options)
        try:
            if "stream" in call.options:
                given = jqcall.events(sandbox)(given)
            return self._run_on(given, sandbox, call, program, compile_)
        except InputError as error:
            is_text = isinstance(value, str) and error.index == 0 and value.lstrip()[:1] not in {"{", "[", '"'}
            if is_text and not error.advice:
                advice = "is a str, which is read as JSON text; with -R each of its lines is a string"
                error.advice = f"{visible_head(call.variable or '', QUOTED_CHARS)[0]} {advice}"
            raise
        except ProgramError as error:
            if not error.missing:
                error.advice = hints.hint(error, call.program, call.variable, cell=call.body is not None)
            raise
        except FilterError as error:
            error.advice = hints.raised(error)
            raise
        except LimitError as error:
            error.advice = advice_as_option(error)
            raise

    def _run_on(
        self,
        given: bytes | Columns,
        sandbox: Sandbox,
        call: _Call,
        program: Extended,
        compile_: Callable[[str], Program],
    ) -> Result:
        """Run the filter of a call on its input, remember the run, and show what came before an error."""

        def run(text: str) -> Result:
            with progress.shown(sandbox.limits.deadline_s, self._progress()):
                return compile_(text).run(given, jobs=call.jobs, **jqcall.flags(call.options))

        try:
            result = run(program.text)
        except BaseException as error:
            usage = getattr(error, "usage", None)
            self.history.add(history.Run(call.program, call.variable or "", usage, type(error).__name__))
            if isinstance(error, KeyboardInterrupt):
                interrupt.describe(error, usage)
            if isinstance(error, JqMagicError):
                program.correct(error)
                if "quiet" not in call.options:
                    self._show_stopped(error, call, program, run)
            raise
        self.history.add(history.Run(call.program, call.variable or "", result.usage, "ok"))
        return dataclasses.replace(result, profile=program.own(result.profile))

    def _show_stopped(self, error: JqMagicError, call: _Call, program: Extended, run: Callable[[str], Result]) -> None:
        """Show the outputs that came before an error; the traceback shows the error.

        In the live view a limit also has its meters, and the cells that raise it. An output that is too long has its
        beginning.
        """
        partial, notes = error.partial, []
        if partial is None:
            return
        if not call.gives_values and (begun := beginning(error, program.text, run)) is not None:
            partial, notes = begun[0], [begun[1]]
        offers, stopped = [], ""
        if isinstance(error, LimitError) and self.views.mode(self.view) != "static":
            offers = retry.offers(error, call.line, call.body)
            stopped = retry.headline(error) if offers else ""
        if not offers and (call.gives_values or not (partial.text or partial.messages or partial.profile)):
            return
        display(  # type: ignore[no-untyped-call] # IPython's function has no types
            Shown(
                partial,
                jqcall.style(call.options),
                views=self.views,
                mode=self.view,
                stopped=stopped,
                offers=offers,
                notes=notes,
            )
        )

    def _progress(self) -> progress.Opener | None:
        if self.views.mode(self.view) != "static":
            return progress.in_page
        return progress.in_terminal if self.views.is_at_terminal(sys.stderr) else None


def _root(name: str) -> str:
    """Give the name that a variable with attributes and subscripts begins with."""
    match = re.match(r"\w+", name)
    return "" if match is None else match[0]


def _is_variable(namespace: Mapping[str, Any], name: str) -> bool:
    """Say whether a name before the filter of `%jq -n` is a variable; what jq itself has is the filter's."""
    root = _root(name)
    return root in namespace and root not in completion.BUILTINS


def _plain(value: Any) -> Any:
    """Give a variable's value; that of a result is its output, or the list of its outputs. Raises: DataError."""
    return value.value if isinstance(value, Shown) else value


def _produced(shown: Shown, options: Options) -> Any:
    """Give a result in the form that `--as` asks for, as values without one. Raises: DataError."""
    form = options.get("as")
    if form in frames.MODULES:
        types = frames.Options(dates="dates" in options, lenient="lenient" in options)
        return frames.frame(shown.result.values, form, types)
    if form == "csv":
        return frames.csv_text(shown.result.values)
    return shown.result.text if form == "text" else shown.value


JqMagic.jq.__doc__ = f"""Run a jq filter on a notebook variable, in a sandbox with limits.

    %jq [options] VAR FILTER
    x = %jq [options] VAR FILTER
    %%jq [options] VAR
    FILTER, on any number of lines

VAR is a name, perhaps with attributes and constant subscripts: resp.data["rows"]; _ and
Out[12] are results. A str or bytes holds JSON texts; anything else is serialised. An
assignment, to whatever Python assigns to, gives the value, or the list of values when
there is not exactly one. With -n no VAR is needed; one that is there is for input.

A value of an option that has blanks stands in quotes. Between single quotes every
character is itself; between double quotes \\" is a quote, \\\\ a backslash, and every
other backslash stays: "\\d+", "C:\\new".

{describe(Place.MAGIC)}
"""


def _filter_of(line: str) -> str:
    """Give the filter that ends the line of a `%jq`; empty for a line that is none."""
    try:
        return read(line, cell=False).program
    except UsageError:
        return ""
