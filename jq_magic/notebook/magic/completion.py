"""Completes built-ins, keys of the variable and options inside `%jq` lines and `%%jq` cells.

A key press runs no code of the notebook's values, and looks at a bounded part of them and of the cell.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher
from IPython.core.error import UsageError

from jq_magic import jqbuiltins
from jq_magic.guest.module import engines
from jq_magic.jqoptions import FORMS
from jq_magic.limits import PRESETS
from jq_magic.notebook.magic import lookup, sample
from jq_magic.notebook.magic.library import Library
from jq_magic.notebook.magic.line import OPTIONS, read
from jq_magic.wasm_runtimes import runtimes

#: Keys or columns of one value that are looked at.
SEARCHED_KEYS = 1_000
#: Completions that are offered.
OFFERED = 1_000
#: Characters of a magic's line that is read, and of a path or word before the cursor that is completed.
LINE_CHARS = 4_000
PATH_CHARS = 4_000
_OPTION = re.compile(r"--?[\w-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What a filter ends with where a key is written: after a dot, in quotes after one, or in quotes in brackets.
_KEY_BEFORE = re.compile(r'\.([\w-]*)$|\."([^"\\]*)$|\["([^"\\]*)$')
_WORD = re.compile(r"@?[A-Za-z_][A-Za-z0-9_]*$|@$")
#: Characters of a key that is being written.
KEY_CHARS = 200
_MAGIC = re.compile(r"(?:\s*[A-Za-z_]\w*\s*=)?\s*%jq\s")
#: A text to put in, and what it is: a type, or a line of help.
Offer = tuple[str, str]
_MARK = "_jq_magic_completion"

BUILTINS = tuple(jqbuiltins.lines())


def matcher(ipython: Any, library: Library) -> Callable[[CompletionContext], Any]:
    """Make a matcher for IPython's completer that knows the namespace of `ipython`, and the session's modules."""

    @context_matcher()  # type: ignore[untyped-decorator] # IPython's decorators have no types
    def jq_matcher(context: CompletionContext) -> dict[str, Any]:
        offers = _complete(context, ipython.user_ns, library)
        completions = [SimpleCompletion(text, type=kind) for text, kind in offers or ()]
        # Python's names do not belong into a filter: IPython's own matchers do not add them.
        return {"completions": completions, "suppress": offers is not None, "ordered": True}

    setattr(jq_matcher, _MARK, True)
    return jq_matcher  # type: ignore[no-any-return]


def is_ours(matcher: object) -> bool:
    """Say whether this module made a matcher."""
    return hasattr(matcher, _MARK)


def _complete(context: CompletionContext, namespace: dict[str, Any], library: Library) -> list[Offer] | None:
    """Give texts that can stand for `context.token`, each with its kind; None outside of our magics."""
    first_line = context.full_text.partition("\n")[0]
    before = context.text_until_cursor
    cell = first_line.startswith("%%jq")
    if cell and context.cursor_line == 0:
        return _line(before[len("%%jq") :], context.token, namespace, library, cell=True)
    if cell:
        program = before if "\n" not in before else before.partition("\n")[2]
        lines = context.full_text.split("\n")[1 : context.cursor_line]
        program = "\n".join([*lines, program])
        line = first_line[len("%%jq") :]
        offers = _of_module(program, context.token, library, line, cell=True)
        return _filter(program, context.token, _value(line, namespace, cell=True)) if offers is None else offers
    match = _MAGIC.match(before)
    if match is None:
        return None
    return _line(before[match.end() :], context.token, namespace, library, cell=False)


def _of_module(program: str, token: str, library: Library, line: str, *, cell: bool) -> list[Offer] | None:
    """Complete the path of a module, or a name in one; None where no module is meant."""
    try:
        options = read(line if cell else f"{line} .", cell=cell).options if len(line) <= LINE_CHARS else None
    except UsageError:
        options = None
    offered = library.completions(program, options)
    if offered is None:
        return None
    written, names = offered
    # IPython's token may begin before the name, or after the beginning of it.
    head = token[: len(token) - len(written)] if token.endswith(written) else ""
    cut = len(written) - len(token) if len(written) > len(token) else 0
    return [(head + name[cut:], "module") for name in names[:OFFERED] if name.startswith(written)]


def _line(before: str, token: str, namespace: dict[str, Any], library: Library, *, cell: bool) -> list[Offer]:
    written = _last_word(before)
    if _OPTION.fullmatch(written):
        names = [(name, option.help) for name, option in OPTIONS.items() if name.startswith(written)]
        # IPython's token may begin after the dashes.
        head = token[: len(token) - len(written)] if token.endswith(written) else ""
        return [(head + name, help_) for name, help_ in names]
    values = _option_values(before[: len(before) - len(written)], library)
    if values is not None:
        return [(token[: len(token) - len(written)] + value, "value") for value in values if value.startswith(written)]
    value = None if cell else _value(before, namespace, cell=False)
    if value is not None:
        offers = _of_module(_program(before), token, library, before, cell=False)
        return offers if offers is not None else _filter(_program(before), token, value)
    variables = (name for name in namespace if name.startswith(token) and not name.startswith("_"))
    return [(name, type(namespace[name]).__name__) for name in itertools.islice(variables, OFFERED)]


def _option_values(before: str, library: Library) -> list[str] | None:
    """Give the values of the option that a line ends with; None for no option, and for one of any value."""
    option = OPTIONS.get(_last_word(before.rstrip()))
    if option is None or not before[-1:].isspace():
        return None
    return {
        "preset": list(PRESETS),
        "as": list(FORMS),
        "engine": engines(),
        "runtime": runtimes(),
        "module": list(library.modules),
    }.get(option.key)


def _program(line: str) -> str:
    """Give the filter that a line of `%jq` ends with; what is before it is completed otherwise."""
    try:
        end = len(f"{line} .") - len(read(f"{line} .", cell=False).program)
    except UsageError:
        return line
    return line[end:]


def _last_word(text: str) -> str:
    """Give what stands after the last blank, up to PATH_CHARS of it."""
    tail = text[-PATH_CHARS:]
    return "" if not tail or tail[-1].isspace() else tail.split()[-1]


def _value(line: str, namespace: dict[str, Any], *, cell: bool) -> list[Any] | None:
    """Look up the variable that a line names, in a list; None when it names none."""
    if len(line) > LINE_CHARS:
        return None
    try:
        variable = read(line if cell else f"{line} .", cell=cell).variable
        return [] if variable is None else [lookup.peek(namespace, variable)]
    except UsageError:
        return None


def _filter(program: str, token: str, value: list[Any] | None) -> list[Offer]:
    """Complete the key, or the name of a function, that a filter ends with."""
    tail = program[-PATH_CHARS:]
    match = _KEY_BEFORE.search(tail, max(0, len(tail) - KEY_CHARS))
    if match is not None and value:
        written = match[1] or match[2] or match[3] or ""
        end = match.start()
        # A dot that nothing stands before begins a path; any other goes on with the term before it.
        is_path = bool(re.search(r'[\w"\])?]$', tail[:end])) if match[0][0] == "." else True
        values = sample.at_end(tail[:end], value, is_path=is_path)
        found = sample.keys(values, SEARCHED_KEYS)
        head = token[: len(token) - len(written)] if token.endswith(written) else ""
        # A key can have blanks, and IPython's token begins after the last one.
        cut = len(written) - len(token) if token and written.endswith(token) else 0
        return [(head + _key(key, match)[cut:], kind) for key, kind in _ranked(found, written)][:OFFERED]
    word = _WORD.search(tail)
    written = word[0] if word else ""
    head = token[: len(token) - len(written)] if token.endswith(written) else ""
    # What IPython takes for the token may leave out the @ of a format.
    cut = len(written) - len(token) if len(written) > len(token) else 0
    functions = [(name, help_) for name, help_ in jqbuiltins.lines().items() if written and name.startswith(written)]
    keywords = [(name, "keyword") for name in jqbuiltins.KEYWORDS if written and name.startswith(written)]
    return [(head + name[cut:], help_) for name, help_ in (*functions, *keywords)]


def _ranked(found: dict[str, str], written: str) -> list[Offer]:
    """Choose the keys that begin with what is written, then those that contain it; the most frequent ones first."""
    folded = written.casefold()
    begin = [item for item in found.items() if item[0].startswith(written)]
    others = [item for item in found.items() if not item[0].startswith(written) and folded in item[0].casefold()]
    return [*begin, *others]


def _key(key: str, match: re.Match[str]) -> str:
    """Write a key as it stands behind a dot, or inside of the quotes that are open already."""
    quoted = json.dumps(key, ensure_ascii=False)
    if match[2] is not None:
        return quoted[1:]
    if match[3] is not None:
        return f"{quoted[1:]}]"
    return key if _NAME.fullmatch(key) else quoted
