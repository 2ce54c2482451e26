"""Joins the view's JavaScript into one module, and reads its style.

anywidget takes one module, a text. The files under `static/` are plain modules that import each other,
so that tests and editors read them as they are; here they are joined, each once and after what it
imports, without their import lines, `export` words, comments and indentation: a browser gets the text anew
for each result, so it is less than 90 KB with the styles. Data or blob addresses would do without joining,
but a page's content policy can refuse those, and each would be one more asynchronous step to fail.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)


@functools.cache
def script(entry: str) -> str:
    """Give the module `static/entry.mjs` with all that it imports."""
    joined: dict[str, str] = {}
    _join(entry, joined)
    return "".join(joined.values())


@functools.cache
def style() -> str:
    """Give the style sheet."""
    return _read("view.css")


def _join(name: str, joined: dict[str, str]) -> None:
    text = _read(f"{name}.mjs")
    for imported in _IMPORT.findall(text):
        if imported not in joined:
            _join(imported, joined)
    lines = (line.strip() for line in _EXPORT.sub("", _IMPORT.sub("", text)).splitlines())
    # No file has a text of several lines, and no line of code begins with a star.
    joined[name] = "".join(f"{line}\n" for line in lines if line and not line.startswith(("//", "/*", "*")))


def _read(name: str) -> str:
    return resources.files("jq_magic.notebook").joinpath("static", name).read_text(encoding="utf-8")
