"""Says what a text that is no JSON looks like, and what to do about it."""

from __future__ import annotations

import re

#: Characters that are looked at, from the beginning and about the place of the mistake.
_CHARS = 2_000
_FILE = re.compile(
    r"[^\n{}\[\]\"<>]{1,300}\.(?:json|ndjson|jsonl|geojson|csv|tsv|parquet|arrow|ipynb)(?:\.(?:gz|bz2|xz|zst))?",
    re.ASCII,
)
_PYTHON_WORD = re.compile(r"(?:True|False|None)\b")
_TOKEN_END = re.compile(r"[^\s,:\[\]{}\"]{1,40}$")
_YAML = re.compile(r"(?:---\s*\n|[A-Za-z_][\w -]{0,60}:(?: [^\n]*)?\n)")
_MAGIC = {
    b"\x1f\x8b": "gzip: give gzip.decompress(x)",
    b"BZh": "bzip2: give bz2.decompress(x)",
    b"\x28\xb5\x2f\xfd": "Zstandard: decompress it first",
    b"PK\x03\x04": "a zip archive: read the file in it first",
    b"PAR1": "Parquet: give pathlib.Path of the file, or a frame",
    b"ARROW1": "Arrow: give pathlib.Path of the file, or a frame",
}


def advice(text: bytes, offset: int) -> str:
    """Say what a text looks like whose JSON has a mistake at a byte; empty where it looks like nothing known."""
    for magic, what in _MAGIC.items():
        if text.startswith(magic):
            return f"it looks like {what}"
    head = text[:_CHARS].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    before = text[max(0, offset - _CHARS) : offset].decode("utf-8", "replace").rstrip()
    after = text[offset : offset + _CHARS].decode("utf-8", "replace")
    # jq finds a mistake at the end of a token, and the engine magic at its beginning.
    token = _TOKEN_END.search(before)
    start = before if token is None else before[: token.start()]
    return (
        _at_beginning(head)
        or _at_mistake(before, after)
        or _at_mistake(start.rstrip(), before[len(start) :] + after)
        or _by_lines(head)
    )


def _at_beginning(head: str) -> str:
    if head[:1] == "<":
        if head[:14].lower().startswith(("<!doctype html", "<html")):
            return "it looks like HTML: is it an error page, or a page to log in, instead of the data?"
        return "it looks like XML or HTML: parse it first, for example with xml.etree.ElementTree"
    line = head.strip()
    if line.lower().startswith(("http://", "https://")) and "\n" not in line:
        return "it looks like a URL: fetch it first, and give the response"
    if len(line) < _CHARS and _FILE.fullmatch(line):
        return "it looks like the name of a file: give pathlib.Path(x)"
    return ""


def _at_mistake(before: str, after: str) -> str:
    if after[:1] == "'" or _PYTHON_WORD.match(after):
        return (
            "it looks like Python's repr of a value, with single quotes, True, False or None: "
            "give the value itself, or ast.literal_eval(x)"
        )
    if after[:1] in {"]", "}"} and before.endswith(","):
        return f"JSON has no comma before {after[0]}: leave it out"
    if after[:2] in {"//", "/*"} or after[:1] == "#":
        return "JSON has no comments: leave them out"
    return ""


def _by_lines(head: str) -> str:
    if head[:1] in {"{", "["}:
        return ""
    lines = [line for line in head.split("\n")[:3] if line.strip()]
    for mark in (",", "\t", ";"):
        if len(lines) > 1 and lines[0].count(mark) and lines[0].count(mark) == lines[1].count(mark):
            return "it looks like CSV: give list(csv.DictReader(x.splitlines())), a frame, or pathlib.Path of the file"
    if _YAML.match(head):
        return "it looks like YAML: load it with a YAML parser first"
    return ""
