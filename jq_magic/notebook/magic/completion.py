"""Completes built-ins, keys of the variable and options inside `%jq` lines and `%%jq` cells.

A key press runs no code of the notebook's values, and looks at a bounded part of them and of the cell.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher
from IPython.core.error import UsageError

from jq_magic.notebook.magic import lookup
from jq_magic.notebook.magic.line import OPTIONS, read

#: Elements of an array that are searched for keys, and keys or columns of one of them that are looked at.
SEARCHED_ITEMS = 20
SEARCHED_KEYS = 200
#: Completions that are offered.
OFFERED = 200
#: Characters of a magic's line that is read, and of a path or word before the cursor that is completed.
LINE_CHARS = 4_000
PATH_CHARS = 4_000
_STEP = re.compile(r"[A-Za-z_]\w*|\[[0-9]*\]")
_OPTION = re.compile(r"--?[\w-]*")
_KEY = re.compile(r"[A-Za-z_]\w*")
_MAGIC = re.compile(r"(?:\s*[A-Za-z_]\w*\s*=)?\s*%jq\s")
#: The type of frames of a package, and its attribute with the names of the columns.
_COLUMNS = {
    "pandas": ("DataFrame", "columns"),
    "polars": ("DataFrame", "columns"),
    "pyarrow": ("Table", "column_names"),
}
_MARK = "_jq_magic_completion"
_ABSENT = object()

# fmt: off
BUILTINS = (
    "abs", "add", "all", "any", "arrays", "ascii", "ascii_downcase", "ascii_upcase", "booleans", "bsearch",
    "capture", "ceil", "combinations", "contains", "debug", "del", "delpaths", "empty", "endswith", "env",
    "error", "explode", "exp10", "exp2", "first", "flatten", "floor", "fromdate", "fromdateiso8601",
    "fromjson", "from_entries", "getpath", "gmtime", "group_by", "gsub", "halt", "halt_error", "has",
    "implode", "in", "index", "indices", "input", "input_line_number", "inputs", "inside", "isempty",
    "isnormal", "join", "keys", "keys_unsorted", "last", "length", "limit", "localtime", "log", "log10",
    "log2", "ltrimstr", "map", "map_values", "match", "max", "max_by", "min", "min_by", "mktime", "nan",
    "now", "nth", "not", "null", "nulls", "numbers", "objects", "path", "paths", "pick", "pow", "range",
    "recurse", "repeat", "reverse", "rindex", "round", "rtrimstr", "scan", "select", "setpath", "skip",
    "sort", "sort_by", "split", "splits", "sqrt", "startswith", "strftime", "strings", "strptime", "sub",
    "test", "to_entries", "toarray", "toboolean", "todate", "tojson", "tonumber", "tostring", "transpose",
    "trim", "trimstr", "type", "unique", "unique_by", "until", "utf8bytelength", "values", "walk", "while",
    "with_entries", "INDEX", "IN", "@base64", "@base64d", "@csv", "@html", "@json", "@sh", "@text", "@tsv",
    "@uri",
)
# fmt: on
_KEYWORDS = (
    "and",
    "as",
    "catch",
    "def",
    "elif",
    "else",
    "end",
    "foreach",
    "if",
    "label",
    "or",
    "reduce",
    "then",
    "try",
)


def matcher(ipython: Any) -> Callable[[CompletionContext], Any]:
    """Make a matcher for IPython's completer that knows the namespace of `ipython`."""

    @context_matcher()  # type: ignore[untyped-decorator] # IPython's decorators have no types
    def jq_matcher(context: CompletionContext) -> dict[str, Any]:
        texts = _complete(context, ipython.user_ns)
        # Python's names do not belong into a filter: IPython's own matchers do not add them.
        return {"completions": [SimpleCompletion(text) for text in texts or ()], "suppress": texts is not None}

    setattr(jq_matcher, _MARK, True)
    return jq_matcher  # type: ignore[no-any-return]


def is_ours(matcher: object) -> bool:
    """Say whether this module made a matcher."""
    return hasattr(matcher, _MARK)


def _complete(context: CompletionContext, namespace: dict[str, Any]) -> list[str] | None:
    """Give texts that can stand for `context.token`; None outside of our magics."""
    first_line = context.full_text.partition("\n")[0]
    before = context.text_until_cursor
    cell = first_line.startswith("%%jq")
    if cell and context.cursor_line == 0:
        return _line(before[len("%%jq") :], context.token, namespace, cell=True)
    if cell:
        return _filter(before, context.token, _value(first_line[len("%%jq") :], namespace, cell=True))
    match = _MAGIC.match(before)
    if match is None:
        return None
    return _line(before[match.end() :], context.token, namespace, cell=False)


def _line(before: str, token: str, namespace: dict[str, Any], *, cell: bool) -> list[str]:
    written = _last_word(before)
    if _OPTION.fullmatch(written):
        names = [name for name in OPTIONS if name.startswith(written)]
        # IPython's token may begin after the dashes.
        return [token[: len(token) - len(written)] + name for name in names] if token.endswith(written) else names
    value = None if cell else _value(before, namespace, cell=False)
    if value is not None:
        return _filter(before, token, value)
    variables = (name for name in namespace if name.startswith(token) and not name.startswith("_"))
    return list(itertools.islice(variables, OFFERED))


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


def _filter(before: str, token: str, value: list[Any] | None) -> list[str]:
    path = _path_before(before[-PATH_CHARS:])
    if path is not None and value:
        steps, partial = path
        keys = (key for key in _keys(_walk(value, steps)) if key.startswith(partial))
        return [token[: len(token) - len(partial)] + key for key in itertools.islice(keys, OFFERED)]
    written = _word_before(before[-PATH_CHARS:])
    head = token[: len(token) - len(written)] if token.endswith(written) else ""
    # What IPython takes for the token may leave out the @ of a format.
    cut = len(written) - len(token) if len(written) > len(token) else 0
    return [head + name[cut:] for name in (*BUILTINS, *_KEYWORDS) if written and name.startswith(written)]


def _word_start(text: str, end: int) -> int:
    """Find where the letters, digits and underscores begin that end at a position."""
    while end and (text[end - 1] == "_" or text[end - 1].isalnum()):
        end -= 1
    return end


def _word_before(text: str) -> str:
    """Give the name, or the format with its @, that a text ends with."""
    start = _word_start(text, len(text))
    if start and text[start - 1] == "@":
        return text[start - 1 :]
    letters = _KEY.search(text, start)
    return letters[0] if letters and letters.end() == len(text) else ""


def _path_before(text: str) -> tuple[str, str] | None:
    """Give the steps of the path that a text ends with, and the key after its last dot; None when it ends with none.

    The text is read from its end, each character once.
    """
    dot = _word_start(text, len(text)) - 1
    partial = text[dot + 1 :]
    if dot < 0 or text[dot] != "." or (partial and not _KEY.fullmatch(partial)):
        return None
    start = dot
    while start:
        if text[start - 1] == "]":
            step = start - 1
            while step and text[step - 1] in "0123456789":
                step -= 1
            if not step or text[step - 1] != "[":
                break
            start = step - 1
            start -= start > 0 and text[start - 1] == "."
        else:
            step = _word_start(text, start)
            if not step or text[step - 1] != "." or not _KEY.fullmatch(text, step, start):
                break
            start = step - 1
    return text[start:dot], partial


def _walk(values: list[Any], path: str) -> list[Any]:
    """Take the steps of a path from some values, through the first SEARCHED_ITEMS of each step."""
    for step in _STEP.findall(path):
        nested: Iterable[Any]
        if step.startswith("["):
            nested = itertools.chain.from_iterable(map(_items, values))
        else:
            # Not dict.__getitem__, which calls the __missing__ of a subclass.
            cells = (dict.get(value, step, _ABSENT) for value in values if _is_dict(value))
            nested = (cell for cell in cells if cell is not _ABSENT)
        values = list(itertools.islice(nested, SEARCHED_ITEMS))
    return values


def _items(value: Any) -> list[Any]:
    """Give the first elements of an array; a frame stands for each of its rows."""
    # isinstance would read value.__class__, which can be a property; so would value[:n] call a subclass.
    base = next((base for base in (list, tuple) if issubclass(type(value), base)), None)
    if base is not None:
        return list(itertools.islice(base.__iter__(value), SEARCHED_ITEMS))
    return [value] if _columns_of(value) else []


def _is_dict(value: Any) -> bool:
    return issubclass(type(value), dict)


def _columns_of(value: Any) -> str | None:
    """Name the attribute with the columns of a frame; None for anything else, subclasses of frames among it."""
    for package, (name, columns) in _COLUMNS.items():
        if package in sys.modules and vars(sys.modules[package]).get(name) is type(value):
            return columns
    return None


def _keys(values: Iterable[Any]) -> list[str]:
    """Give keys that can be written after a dot, in first-seen order."""
    keys: dict[str, None] = {}
    for value in values:
        columns = _columns_of(value)
        names: Iterable[Any] = dict.__iter__(value) if _is_dict(value) else getattr(value, columns) if columns else ()
        for name in itertools.islice(names, SEARCHED_KEYS):
            if type(name) is str and name.isascii() and name.isidentifier():
                keys[name] = None
    return list(keys)
