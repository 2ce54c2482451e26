"""The magics `%jq`, `%%jq` and `%jq_history`."""

from __future__ import annotations

import json
import sys
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic import line_cell_magic as line_cell
from IPython.display import display
from traitlets import Enum, TraitError, TraitType, Unicode

from jq_magic.data import encode, frames
from jq_magic.errors import HaltError, InputError, JqMagicError, LimitError
from jq_magic.limits import PRESETS, Limits, amounts
from jq_magic.limits.ceiling import PROCESS
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.notebook.magic import line as options
from jq_magic.notebook.magic import lookup
from jq_magic.notebook.shown import history, progress
from jq_magic.notebook.shown import retry as again
from jq_magic.notebook.shown.display import Shown, Style
from jq_magic.notebook.view import views as live
from jq_magic.program import Program
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox

#: What `--as` takes.
_FORMS = ("values", "text", *frames.MODULES)


class Amount(TraitType[Any, Any]):
    """A limit that can be written as people write it: 1e6, "64MiB", "2s"; None for the preset's."""

    default_value = None

    def __init__(self, field: str, help: str) -> None:  # noqa: A002 - the trait's own name
        super().__init__(help=help, allow_none=True)
        self.field = field

    def validate(self, _owner: Any, value: Any) -> Any:
        """The number that `value` says. Raises: TraitError."""
        if value is None:
            return None
        try:
            if isinstance(value, str):
                value = _reader(self.field)(value)
            return getattr(Limits().replace(**{self.field: value}), self.field)
        except JqMagicError as error:
            raise TraitError(str(error)) from None


def _reader(field: str) -> Any:
    if field == "deadline_s":
        return amounts.read_seconds
    return amounts.read_bytes if field.endswith("_bytes") else amounts.read_count


class Preset(Unicode[str, str]):
    """The name of a preset."""

    def validate(self, owner: Any, value: Any) -> str:
        """The name. Raises: TraitError."""
        name: str = super().validate(owner, value)
        if name not in PRESETS:
            raise TraitError(f"there is no preset {name!r}; there is {', '.join(PRESETS)}")
        return name


class CeilingText(Unicode[str, str]):
    """A ceiling; setting it lowers the ceiling of the process, and nothing raises it again."""

    def validate(self, owner: Any, value: Any) -> str:
        """The text. Raises: TraitError."""
        text: str = super().validate(owner, value)
        try:
            PROCESS.lower(text, "c.JqMagic.ceiling in IPython's configuration")
        except JqMagicError as error:
            raise TraitError(str(error)) from None
        return text


@magics_class
class JqMagic(Magics):
    """Settings of %jq and %%jq; options of a single call go before them."""

    preset = Preset("standard", help="limits to start from: strict, standard, generous").tag(config=True)
    runtime = Unicode("wasmtime", help="WebAssembly runtime").tag(config=True)
    ceiling = CeilingText(
        help="the largest limits for this process; only ever lowered: strict, or fuel=1e9,memory=256MiB"
    ).tag(config=True)
    fuel = Amount("fuel", "fuel to spend").tag(config=True)
    memory = Amount("memory_bytes", "memory of the sandbox").tag(config=True)
    timeout = Amount("deadline_s", "time to take").tag(config=True)
    output_limit = Amount("output_bytes", "bytes of output").tag(config=True)
    input_limit = Amount("input_bytes", "bytes of input").tag(config=True)
    outputs = Amount("outputs", "number of outputs").tag(config=True)
    depth = Amount("depth", "nesting of values and programs").tag(config=True)
    program_limit = Amount("program_bytes", "bytes of the program").tag(config=True)
    view = Enum(live.MODES, "auto", help="how results are shown: auto, live, widget, static").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.views = live.Views(shell)
        self.history = history.History()

    @no_var_expand
    @needs_local_scope
    @line_cell
    def jq(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Run a filter; replaced below by the help that lists the options."""
        assert self.shell is not None
        given = options.read(line, cell=cell is not None)
        variables = self.shell.user_ns
        namespace = {**variables, **(local_ns or {})}
        out = given.options.get("out")
        if out is not None and not out.isidentifier():
            raise UsageError(f"--out needs the name of a variable, not {out!r}")
        form = self._form(given)
        sandbox = Sandbox(
            given.options.get("runtime", self.runtime), self._limits(given), engine=given.options.get("engine", "jaq")
        )
        value = None if given.name is None else lookup.find(namespace, given.name)
        text = b"null" if given.name is None else encode.to_json_bytes(value)
        try:
            if given.options.get("stream"):
                text = sandbox.compile("tostream").run(text).text.encode()
            result = self._run(sandbox, given, (line, cell), text, namespace)
        except InputError as error:
            if isinstance(value, str) and error.index == 0 and value.lstrip()[:1] not in {"{", "[", '"'}:
                error.advice = (
                    f"{given.name} is a str, which is read as JSON text; with -R each of its lines is a string"
                )
            raise
        shown = Shown(result, _style(given), views=self.views, mode=self.view)
        produced = _produced(shown, form)
        if out is not None:
            variables[out] = produced
        if given.options.get("exit_status"):
            _check_last(result)
        if form is not None:
            return produced
        return None if given.options.get("quiet") else shown

    @line_magic
    def jq_history(self, line: str) -> history.Shown:
        """The runs of this session: filter, variable, fuel, memory, time, outcome.

        %jq_history [N]     the last N, 100 unless told
        """
        last = line.strip()
        if not last:
            return self.history.show()
        try:
            return self.history.show(amounts.read_count(last))
        except JqMagicError as error:
            raise UsageError(f"%jq_history takes how many runs to show: {error}") from None

    def _run(
        self,
        sandbox: Sandbox,
        given: options.Line,
        source: tuple[str, str | None],
        text: bytes,
        namespace: dict[str, Any],
    ) -> Result:
        """Run the filter of a call whose text was `source`, and remember it."""
        program = given.program if source[1] is None else source[1]
        arguments, positional = self._arguments(given, namespace), self._positional(given)
        try:
            with progress.shown(sandbox.limits.deadline_s, self._progress()):
                result = Program(program, arguments, positional=positional, sandbox=sandbox).run(
                    text,
                    raw_input=given.options.get("raw_input", False),
                    slurp=given.options.get("slurp", False),
                    null_input=given.name is None,
                    sort_keys=given.options.get("sort_keys", False),
                )
        except BaseException as error:
            usage = error.usage if isinstance(error, JqMagicError) else None
            self.history.add(history.Run(program, given.name or "", usage, type(error).__name__))
            if isinstance(error, LimitError):
                error.advice = advice_as_option(error)
            if isinstance(error, JqMagicError) and not given.options.get("quiet"):
                self._show_stopped(error, source, given)
            raise
        self.history.add(history.Run(program, given.name or "", result.usage, "ok"))
        return result

    def _show_stopped(self, error: JqMagicError, source: tuple[str, str | None], given: options.Line) -> None:
        """What a run gave until an error ended it, which tells the rest; in a page a limit has its meters besides."""
        partial = error.partial
        is_limit = isinstance(error, LimitError) and self.views.mode(self.view) != "static"
        if partial is None or not (is_limit or ((partial.text or partial.messages) and "as" not in given.options)):
            return
        display(  # type: ignore[no-untyped-call] # IPython's function has no types
            Shown(
                partial,
                _style(given),
                views=self.views,
                mode=self.view,
                stopped=str(error) if is_limit else "",
                offers=again.offers(error, *source) if isinstance(error, LimitError) else [],
            )
        )

    def _progress(self) -> progress.Opener | None:
        if self.views.mode(self.view) != "static":
            return progress.in_page
        at_terminal = getattr(self.shell, "kernel", None) is None and sys.stderr.isatty()
        return progress.in_terminal if at_terminal else None

    def _form(self, given: options.Line) -> str | None:
        form: str | None = given.options.get("as")
        if form is not None and form not in _FORMS:
            raise UsageError(f"--as takes {', '.join(_FORMS)}, not {form!r}")
        return form

    def _limits(self, given: options.Line) -> Limits:
        preset = given.options.get("preset", self.preset)
        if preset not in PRESETS:
            raise UsageError(f"there is no preset {preset!r}; there is {', '.join(PRESETS)}")
        # A preset named in the call is meant as a whole: the settings hold for calls without one.
        traits = {} if "preset" in given.options else self._amounts()
        written = {"fuel": "fuel", "memory": "memory_bytes", "timeout": "deadline_s", "output_limit": "output_bytes"}
        asked = {field: given.options[key] for key, field in written.items() if key in given.options}
        # Asked for in so many words: not lowered in silence, as a default is.
        for field, value in {**traits, **asked}.items():
            PROCESS.refuse(field, value)
        return PRESETS[preset].replace(**{**traits, **asked})

    def _amounts(self) -> dict[str, Any]:
        amounts = (
            (trait.field, getattr(self, name)) for name, trait in self.traits().items() if isinstance(trait, Amount)
        )
        return {field: value for field, value in amounts if value is not None}

    def _positional(self, given: options.Line) -> list[Any]:
        texts = given.options.get("jsonargs", [])
        return [*given.options.get("args", []), *(_json("--jsonargs", text) for text in texts)]

    def _arguments(self, given: options.Line, namespace: dict[str, Any]) -> dict[str, Any]:
        args: dict[str, Any] = dict(given.options["arg"])
        for name, text in given.options["argjson"]:
            args[name] = _json(f"--argjson {name}", text)
        for (name,) in given.options["var"]:
            args[name] = lookup.find(namespace, name)
        return args


def _json(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{what}: {text[:40]!r} is not JSON: {error}") from None


def _produced(shown: Shown, form: str | None) -> Any:
    """A result in the form that `--as` asks for, values unless told. Raises: DataError."""
    if form in frames.MODULES:
        return frames.frame(shown.result.values, form)
    return shown.result.text if form == "text" else shown.value


def _style(given: options.Line) -> Style:
    chosen = given.options
    indent = chosen.get("indent", 2)
    return Style(
        raw=any(chosen.get(name) for name in ("raw_output", "join_output", "raw_output0")),
        compact=bool(chosen.get("compact_output")) or indent == 0,
        unit="\t" if chosen.get("tab") else " " * indent,
        start="\x1e" if chosen.get("seq") else "",
        end="\0" if chosen.get("raw_output0") else "" if chosen.get("join_output") else "\n",
    )


def _check_last(result: Result) -> None:
    """What `jq -e` says by its exit code. Raises: HaltError."""
    last = result.text.removesuffix("\n").rpartition("\n")[2]
    if not last:
        raise HaltError(4, "there is no output")
    if last in {"false", "null"}:
        raise HaltError(1, f"the last output is {last}")


JqMagic.jq.__doc__ = f"""Run a jq filter on a notebook variable, in a sandbox with limits.

    %jq [options] VAR FILTER
    x = %jq [options] VAR FILTER
    %%jq [options] VAR
    FILTER, on any number of lines

VAR is a name, perhaps with attributes and constant subscripts: resp.data["rows"].
A str or bytes holds JSON texts; anything else is serialised. An assignment gives the
value, or the list of values when there is not exactly one.

{options.describe()}
"""
