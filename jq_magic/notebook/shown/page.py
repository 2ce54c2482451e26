"""Writes a result as HTML without script: a table of its first rows, or its text, in the colours of the page's theme.

This is what a saved, converted, reopened or untrusted notebook shows. JupyterLab cleans the HTML of a notebook that it
does not trust: it takes out the colours and leaves the table.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from jq_magic.messages import visible_head
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.table import Table, table_of
from jq_magic.notebook.view.tree import TEXT_CHARS, Document, RequestError, described

#: Rows and columns of a table, and characters of one of its cells.
ROWS, COLUMNS = 20, 20
_CELL_CHARS = 80
#: Characters of the rows that are decoded for a table.
_ROWS_CHARS = 200_000
#: Tokens that have a colour: each is some ninety characters of HTML.
_COLOURED = 1_000
_FONT = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(:)?|(-?[0-9][0-9.eE+-]*)|(true|false|null)')
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.0{1,9})?(Z|\+00:00)?", re.ASCII)
#: The colours that the page's theme has for code, in the order of the groups of a token.
_COLOURS = ("string", "", "number", "keyword")


class Preview(NamedTuple):
    """The first rows of a table.

    Attributes:
        table: The rows that are shown.
        total: Rows that there are.

    """

    table: Table
    total: int


def preview(text: str) -> Preview | None:
    """Give the table that outputs begin with; None for what is no table, and for rows that are too long to be read.

    Args:
        text: JSON texts, one a line.

    """
    if len(text) > TEXT_CHARS or not text.startswith(("{", "[{")):
        return None
    try:
        rows, total = _first_rows(text)
        if total < 2 or sum(map(len, rows)) > _ROWS_CHARS:
            return None
        table = table_of(Document("\n".join(rows)))
    except (RequestError, msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    # The members of one object are rows only where each has a label.
    is_one = table is not None and table.rows.labels is None and text.startswith("{") and text.count("\n") == 1
    return None if table is None or is_one else Preview(table, total)


def as_table(preview: Preview) -> str:
    """Write the rows as a table, and how many more rows and columns there are."""
    table, total = preview
    names = table.columns[:COLUMNS]
    cells = [[row.get(name, MISSING) for name in names] for row in table.rows]
    for at in range(len(names)):
        if all(row[at] is MISSING or row[at] is None or _is_midnight(row[at]) for row in cells):
            # Days are shown as the live table shows them.
            for row in cells:
                row[at] = row[at].partition("T")[0] if isinstance(row[at], str) else row[at]
    numeric = [all(_kind(row[at]) in {"number", "null", "missing"} for row in cells) for at in range(len(names))]
    heads = "".join(_cell("th", _shortened(name), is_right) for name, is_right in zip(names, numeric, strict=True))
    body = "".join(
        f'<tr><th style="text-align:right;font-weight:normal">{_label(table, number)}</th>'
        + "".join(_cell("td", _written(value), is_right) for value, is_right in zip(row, numeric, strict=True))
        + "</tr>"
        for number, row in enumerate(cells)
    )
    more = [
        f"{amount:,} more {noun}{'' if amount == 1 else 's'}"
        for amount, noun in ((total - len(cells), "row"), (len(table.columns) - len(names), "column"))
        if amount
    ]
    rest = f"<div>… {' and '.join(more)}</div>" if more else ""
    return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>{rest}"


def as_text(lines: Iterable[str], outputs: Iterable[str] = (), *, is_json: bool = True) -> str:
    """Write lines as they are, and below them those of outputs, which have colours if they are JSON."""
    room = _COLOURED if is_json else 0
    written = [html.escape(line) for line in lines]
    for line in outputs:
        piece, count = _coloured(line, room)
        room -= count
        written.append(piece)
    body = "\n".join(written)
    return f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere;margin:0;line-height:1.3;{_FONT}">{body}</pre>'


def _first_rows(text: str) -> tuple[list[str], int]:
    """Give the texts of the first rows as outputs of their own, and how many rows there are. Raises: DecodeError."""
    lines = text.count("\n")
    if lines != 1 and not text.startswith("{"):
        return [], 0
    if lines != 1:
        return text.split("\n", ROWS)[: min(ROWS, lines)], lines
    raws: Any = msgspec.json.decode(text, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    if isinstance(raws, dict):
        items = list(raws.items())
        members = ",".join(f"{msgspec.json.encode(key).decode()}:{bytes(raw).decode()}" for key, raw in items[:ROWS])
        return [f"{{{members}}}"], len(items)
    return [f"[{','.join(bytes(raw).decode() for raw in raws[:ROWS])}]"], len(raws)


def _label(table: Table, number: int) -> str:
    label = table.label(number)
    return str(number) if label is None else html.escape(_shortened(label))


def _kind(value: Any) -> str:
    return "missing" if value is MISSING else str(described(value)["t"])


def _is_midnight(value: Any) -> bool:
    return isinstance(value, str) and _MIDNIGHT.fullmatch(value) is not None


def _written(value: Any) -> str:
    if value is MISSING:
        return ""
    item = described(value)
    text = str(item["v"])
    return _shortened({"array": f"[{text}]", "object": f"{{{text}}}"}.get(item["t"], text))


def _shortened(text: str) -> str:
    head, count = visible_head(text, _CELL_CHARS)
    return head if count == len(text) else f"{head}…"


def _cell(tag: str, text: str, is_right: bool) -> str:
    return f'<{tag} style="text-align:{"right" if is_right else "left"}">{html.escape(text)}</{tag}>'


def _coloured(line: str, most: int) -> tuple[str, int]:
    """Colour the first tokens of a line of JSON, `most` of them. Returns: the line, and how many there were."""
    parts: list[str] = []
    at = count = 0
    for match in itertools.islice(_TOKEN.finditer(line), most):
        colour = "property" if match[2] else _COLOURS[(match.lastindex or 1) - 1]
        token = match[1] if match[2] else match[0]
        parts.append(html.escape(line[at : match.start()]))
        parts.append(f'<span style="color:var(--jp-mirror-editor-{colour}-color,inherit)">{html.escape(token)}</span>')
        at = match.start() + len(token)
        count += 1
    return "".join([*parts, html.escape(line[at:])]), count
