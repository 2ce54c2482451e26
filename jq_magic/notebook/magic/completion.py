"""Completes built-ins, keys of the variable and options inside `%jq` lines and `%%jq` cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher
from IPython.core.error import UsageError

from jq_magic.notebook.magic import lookup
from jq_magic.notebook.magic.line import OPTIONS, read

#: Elements of an array that are searched for keys.
_SEARCHED = 20
#: Completions that are offered.
_OFFERED = 200
_PATH = re.compile(r"((?:\.[A-Za-z_]\w*|\[\d*\]|\.\[\d*\])*)\.([A-Za-z_]\w*)?$")
_WORD = re.compile(r"[@A-Za-z_]\w*$")
_OPTION = re.compile(r"(?:^|\s)(--?[\w-]*)$")
_MARK = "_jq_magic_completion"

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
        # Python's names do not belong into a filter: IPython's own matchers are kept from adding them.
        return {"completions": [SimpleCompletion(text) for text in texts or ()], "suppress": texts is not None}

    setattr(jq_matcher, _MARK, True)
    return jq_matcher  # type: ignore[no-any-return]


def is_ours(candidate: object) -> bool:
    """Say whether `matcher` made it."""
    return hasattr(candidate, _MARK)


def _complete(context: CompletionContext, namespace: dict[str, Any]) -> list[str] | None:
    """List what can stand for `context.token`; None outside of our magics."""
    lines = context.full_text.split("\n")
    before = context.text_until_cursor
    cell = lines[0].startswith("%%jq")
    if cell and context.cursor_line == 0:
        return _line(before[len("%%jq") :], context.token, namespace, cell=True)
    if cell:
        return _filter(before, context.token, _value(lines[0][len("%%jq") :], namespace, cell=True))
    match = re.match(r"(?:\s*[A-Za-z_]\w*\s*=)?\s*%jq\s", before)
    if match is None:
        return None
    return _line(before[match.end() :], context.token, namespace, cell=False)


def _line(before: str, token: str, namespace: dict[str, Any], *, cell: bool) -> list[str]:
    option = _OPTION.search(before)
    if option:
        written = option[1]
        names = [name for name in OPTIONS if name.startswith(written)]
        # IPython's token may begin after the dashes.
        return [token[: len(token) - len(written)] + name for name in names] if token.endswith(written) else names
    value = None if cell else _value(before, namespace, cell=False)
    if value is not None:
        return _filter(before, token, value)
    return [name for name in namespace if name.startswith(token) and not name.startswith("_")][:_OFFERED]


def _value(line: str, namespace: dict[str, Any], *, cell: bool) -> list[Any] | None:
    """Look up the variable that a line names, in a list; None when it names none."""
    try:
        variable = read(line if cell else f"{line} .", cell=cell).variable
        return [] if variable is None else [lookup.find(namespace, variable)]
    except UsageError:
        return None


def _filter(before: str, token: str, value: list[Any] | None) -> list[str]:
    path = _PATH.search(before)
    if path and value:
        partial = path[2] or ""
        keys = _keys(_walk(value, path[1]))
        return [token[: len(token) - len(partial)] + key for key in keys if key.startswith(partial)][:_OFFERED]
    word = _WORD.search(before)
    written = word[0] if word else ""
    head = token[: len(token) - len(written)] if token.endswith(written) else ""
    # What IPython takes for the token may leave out the @ of a format.
    cut = len(written) - len(token) if len(written) > len(token) else 0
    return [head + name[cut:] for name in (*BUILTINS, *_KEYWORDS) if written and name.startswith(written)]


def _walk(values: Iterable[Any], path: str) -> list[Any]:
    """Follow a path of keys and indices, to some of the values that it leads to."""
    reached = list(values)
    for step in re.findall(r"[A-Za-z_]\w*|\[\d*\]", path):
        if step.startswith("["):
            items = (value[:_SEARCHED] if isinstance(value, (list, tuple)) else _rows(value) for value in reached)
            reached = [item for some in items for item in some]
        else:
            reached = [value[step] for value in reached if isinstance(value, dict) and step in value]
        reached = reached[:_SEARCHED]
    return reached


def _rows(value: Any) -> list[Any]:
    """Take a frame for each of its rows."""
    return [value] if hasattr(value, "columns") else []


def _keys(values: Iterable[Any]) -> list[str]:
    """List the keys that can be written after a dot, in the order in which they are first seen."""
    keys: dict[str, None] = {}
    for value in values:
        names = value if isinstance(value, dict) else getattr(value, "columns", ())
        for name in list(names)[:_OFFERED]:
            if isinstance(name, str) and name.isascii() and name.isidentifier():
                keys[name] = None
    return list(keys)
