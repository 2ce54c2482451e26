"""Completes in a cell of a jq notebook: keys of what flows to the cursor, names, files, options and built-ins.

A key is found by a run of its own, with small limits: of what stands before the cursor, on the input of the cell.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from IPython.core.error import UsageError

from jq_magic import jqbuiltins
from jq_magic.errors import JqMagicError
from jq_magic.jqoptions import Options, Place, names
from jq_magic.jqtext import TOKEN, imports_end
from jq_magic.kernel import cells
from jq_magic.kernel.cursor import PATH_CHARS, path_before, word_before
from jq_magic.kernel.session import HELP, Session
from jq_magic.limits import KINDS, PRESETS, Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.sandbox import Sandbox

#: What a key press may use, at most.
_LIMITS = PRESETS["strict"].replace(fuel=2e8, deadline_s=0.5, input_bytes=8 << 20)
#: Characters of a cell that is completed, completions that are offered, and outputs that keys are looked for in.
CODE_CHARS = 100_000
OFFERED = 200
_LOOKED_AT = 20
_OPTIONS = names(Place.MAGIC)
_LINES = sorted({form.split(maxsplit=1)[0] for form in HELP if form.startswith("%")} | {"%load_ext", "%config"})
_KEY = re.compile(r"[A-Za-z_]\w*")
_VARIABLE = re.compile(r"\$(\w*)$")
_CONDITION = re.compile(r"(?<![.$\w])(?:if|end)\b")
_IS_SEPARATE = re.compile(r'["()\[\]{}|,;:]')
#: Built-ins whose argument is applied to the elements of the input.
_OVER_ELEMENTS = frozenset(["map", "map_values", "sort_by", "group_by", "unique_by", "min_by", "max_by", "any", "all"])
#: What a step is no filter with, as far as it stands before the cursor.
_NO_STEP = re.compile(r"\b(?:and|or|as|if|then|else|elif|reduce|foreach|def|try|label)\b|[<>=+*/%-]\s*$")


class Completion(NamedTuple):
    """What can stand in the place of a part of a cell.

    Attributes:
        matches: The texts.
        start, end: The part, in characters.

    """

    matches: list[str]
    start: int
    end: int


class _Frame(NamedTuple):
    """A bracket that is open, or the whole text.

    Attributes:
        starts: For each step of its pipeline, the number of the first piece of the text.
        is_over_elements: Whether it is the argument of a call that applies it to the elements of the input.

    """

    starts: list[int]
    is_over_elements: bool

    def steps(self, pieces: list[str], end: int) -> list[str]:
        """Join the pieces of each step; `end` is that of the last one."""
        # A pipe stands before every step but the first.
        ends = [*(start - 1 for start in self.starts[1:]), end]
        steps = ["".join(pieces[start:end]) for start, end in zip(self.starts, ends, strict=True)]
        return [".[]", *steps] if self.is_over_elements else steps


def complete(session: Session, code: str, cursor: int) -> Completion:
    """Say what can stand before the cursor."""
    cursor = max(0, min(cursor, len(code)))
    if len(code) > CODE_CHARS:
        return Completion([], cursor, cursor)
    before = code[:cursor]
    line = before[before.rfind("\n") + 1 :]
    if line.startswith("%") or re.match(r"\w+\s*=\s*%jq\s", line):
        return _on_line(session, line, cursor)
    word, texts = _in_filter(session, code, before)
    return Completion(_offered(texts, word), cursor - len(word), cursor)


def keys(session: Session, code: str, before: str, path: str) -> list[str]:
    """List the keys of what flows to the cursor. Returns: Those that can be written after a dot."""
    found = run(session, code, before, f"{path or '.'} | objects | keys_unsorted[]", "[{}] | unique[]")
    if not found:
        found = run(session, code, "", ".. | objects | keys_unsorted[]", "[{}] | unique[]")
    return [key for key in found if isinstance(key, str) and _KEY.fullmatch(key) and key.isascii()]


def run(session: Session, code: str, before: str, step: str, around: str) -> list[object]:
    """Run a step behind what leads to the cursor, on the input of the cell; nothing where that cannot be run.

    Args:
        before: The cell up to the cursor; empty for the input itself.
        step: A filter, of whose outputs some are taken.
        around: What becomes of them, with `{}` in their place.

    """
    try:
        cell = cells.read(code)
        is_kept = session.runner.names.__contains__
        line = cells.read_line(cell.header, is_kept=is_kept, cell=True) if cell.magic == "jq" else session.use
        head = len(code) - len(cell.body)
        written = before[head:] if before else ""
        imports = imports_end(written)
        prefix = leading(written[imports:])
        sandbox = Sandbox(limits=_limits())
        program = written[:imports] + around.format(f"limit({_LOOKED_AT * 10}; limit({_LOOKED_AT}; {prefix}) | {step})")
        text = session.runner.text(line.input, sandbox)
        arguments = session.runner.arguments(line.options, program, sandbox)
        extended = session.runner.extended(program, line.options, sandbox)
        compiled = session.runner.library.compile(sandbox, extended.text, arguments)
        is_raw, is_slurped = "raw_input" in line.options, "slurp" in line.options
        return compiled.run(text, raw_input=is_raw, slurp=is_slurped).values
    except (JqMagicError, UsageError):
        return []


def leading(text: str) -> str:
    """Give the pipeline that leads to the end of a text: calls that are still open are entered."""
    frames = _frames(text)
    parts: list[str] = []
    for number, steps in enumerate(frames):
        # The last step is not whole: it is what the person writes, or has the bracket that is open.
        parts += [step for step in steps[:-1] if not _NO_STEP.search(step)]
        if number < len(frames) - 1:
            opened = steps[-1].rstrip("([{").rstrip()
            name = word_before(opened) if steps[-1].endswith("(") else ""
            head = opened.removesuffix(name).strip()
            parts += [head] if head and not _NO_STEP.search(head) and not re.search(r"[,;:]", head) else []
    return " | ".join(part.strip() for part in parts if part.strip()) or "."


def _frames(text: str) -> list[list[str]]:
    """Cut a text into the steps of its pipeline, and those of each bracket that is open at its end.

    Its pieces are joined once, when all brackets are known: a text of brackets would be copied for each of them.
    """
    pieces: list[str] = []
    frames = [_Frame([0], is_over_elements=False)]
    # The pieces since the last bracket, string or separator: the name of a call stands in them.
    words: list[str] = []
    for match in TOKEN.finditer(text):
        token = match[0]
        if token.startswith("#"):
            continue
        pieces.append(" | " if token == "|" else token)
        if token in {"(", "[", "{"}:
            name = word_before("".join(words).rstrip()) if token == "(" else ""
            frames.append(_Frame([len(pieces)], name in _OVER_ELEMENTS))
        elif token in {")", "]", "}"} and len(frames) > 1:
            frames.pop()
        elif token == "|":
            frames[-1].starts.append(len(pieces))
        if _IS_SEPARATE.match(token):
            words.clear()
        else:
            words.append(token)
    ends = [*(frame.starts[0] for frame in frames[1:]), len(pieces)]
    return [frame.steps(pieces, end) for frame, end in zip(frames, ends, strict=True)]


def is_open(text: str) -> bool:
    """Say whether a filter has a bracket, a string or an `if` that is not closed."""
    tokens = [match[0] for match in TOKEN.finditer(text)]
    last = tokens[-1] if tokens else ""
    if last.startswith('"') and (len(last) == 1 or not last.endswith('"')):
        return True
    words = [word for token in tokens if not token.startswith(('"', "#")) for word in _CONDITION.findall(token)]
    return len(_frames(text)) > 1 or words.count("if") > words.count("end")


def _limits() -> Limits:
    """Give the small limits, below the ceiling."""
    bounds = {kind.field: PROCESS.bound(kind.field) for kind in KINDS}
    lower = {field: bound[0] for field, bound in bounds.items() if bound and bound[0] < getattr(_LIMITS, field)}
    return _LIMITS.replace(**lower)


def _in_filter(session: Session, code: str, before: str) -> tuple[str, list[str]]:
    """Give what is being written of a filter, and what it can become."""
    tail = before[-PATH_CHARS:]
    variable = _VARIABLE.search(tail)
    if variable is not None:
        return variable[1], list(session.runner.names)
    member = session.runner.library.completions(_body(before), _options(session, code))
    if member is not None:
        return member
    path = path_before(tail)
    if path is not None:
        steps, partial = path
        rest = before[: len(before) - len(steps) - len(partial) - 1]
        variable = _VARIABLE.search(rest[-PATH_CHARS:])
        if variable is not None:
            return partial, keys(session, code, "", f"{variable[0]}{steps}")
        return partial, keys(session, code, rest, steps)
    word = word_before(tail)
    return word, [*session.runner.definitions.names, *jqbuiltins.lines(), *jqbuiltins.KEYWORDS] if word else []


def _body(before: str) -> str:
    """Give the filter of a cell up to the cursor; the line that it may be on has none before it."""
    try:
        return cells.read(before).body
    except UsageError:
        return before


def _options(session: Session, code: str) -> Options:
    """Give the options that the filter of a cell runs with."""
    try:
        cell = cells.read(code)
        is_kept = session.runner.names.__contains__
        return (
            cells.read_line(cell.header, is_kept=is_kept, cell=True).options
            if cell.magic == "jq"
            else session.use.options
        )
    except UsageError:
        return session.use.options


def _on_line(session: Session, line: str, cursor: int) -> Completion:
    """Complete on a line that begins with %."""
    word = line[-PATH_CHARS:].rsplit(" ", maxsplit=1)[-1]
    start = cursor - len(word)
    if line == word:
        return Completion(_offered(_LINES, word), start, cursor)
    if word.startswith("-"):
        return Completion(_offered(list(_OPTIONS), word), start, cursor)
    written = re.search(r"%jq\s+", line)
    if written is not None and not line.startswith("%%"):
        rest = line[written.end() :]
        try:
            filter_line = cells.read_line(f"{rest} .", is_kept=session.runner.names.__contains__, cell=False)
        except UsageError:
            filter_line = None
        if filter_line is not None and filter_line.program != ".":
            program = filter_line.program.removesuffix(" .")
            code = f"%%jq {rest[: len(rest) - len(program)]}\n{program}"
            partial, texts = _in_filter(session, code, code)
            return Completion(_offered(texts, partial), cursor - len(partial), cursor)
    if re.search(r"--module[ =]+\S*$", line[-PATH_CHARS:]):
        word = word.removeprefix("--module=")
        return Completion(_offered(list(session.runner.library.modules), word), cursor - len(word), cursor)
    directory = session.runner.directory
    files = [] if directory is None else directory.names(word)
    return Completion(_offered([*session.runner.names, *files], word), start, cursor)


def _offered(texts: list[str], word: str) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text.startswith(word)))[:OFFERED]
