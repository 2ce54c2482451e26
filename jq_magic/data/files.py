"""Reads files, and what can be read like one, up to the limit on input.

The person who runs the filter names the file; the filter itself never can. A file that is compressed is taken apart
piece by piece, so that no more than the limit is ever held.
"""

from __future__ import annotations

import bz2
import collections
import csv
import glob
import gzip
import importlib.util
import io
import itertools
import lzma
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from jq_magic import imports
from jq_magic.data import columns, encode
from jq_magic.data.columns.block import Columns, check_bytes
from jq_magic.errors import DataError

#: Files that one pattern may name.
MOST_FILES = 10_000
_PIECE = 1 << 20
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_COLUMNS = frozenset({".parquet", ".arrow", ".feather", ".ipc"})
#: Rows of a Parquet file that are read at a time.
_ROWS = 16_384
_OTHERS = {".xlsx", ".xls", ".zip", ".tar", ".pkl", ".pickle", ".yaml", ".yml", ".toml", ".xml", ".html"}


def read(path: os.PathLike[str], most_bytes: int | None) -> bytes | Columns:
    """Read the file that a path names, or those that it is a pattern for, in the order of their names.

    Args:
        path: A file of JSON texts (.json, .ndjson, .jsonl, .ipynb, and any other suffix), of CSV or TSV, which may
            be compressed (.gz, .bz2, .xz, .zst), or of columns (.parquet, .arrow).
        most_bytes: As many may be read, after decompression; None for any number.
    Raises: DataError for files that cannot be read; InputLimitError.

    """
    names = _names(path)
    if len(names) == 1:
        return _read(names[0], most_bytes)
    texts: list[bytes] = []
    used = 0
    for name in names:
        text = _read(name, None if most_bytes is None else most_bytes - used)
        if isinstance(text, Columns):
            raise DataError(
                f"{name.name} has columns: read several such files with polars or DuckDB, and give the frame"
            )
        texts.append(text)
        used += len(text) + 1
    check_bytes(used - 1, most_bytes)
    return b"\n".join(texts)


def _names(path: os.PathLike[str]) -> list[pathlib.Path]:
    named = pathlib.Path(path).expanduser()
    if named.exists() or not glob.has_magic(str(named)):
        return [named]
    names: list[pathlib.Path] = []
    for name in glob.iglob(str(named), recursive=True):  # noqa: PTH207 - a pattern that may be absolute
        names.append(pathlib.Path(name))
        if len(names) > MOST_FILES:
            raise DataError(f"the pattern {str(named)[:80]!r} names more than {MOST_FILES:,} files")
    if not names:
        raise DataError(f"there is no file for the pattern {str(named)[:80]!r}")
    return sorted(names)


def _read(path: pathlib.Path, most_bytes: int | None) -> bytes | Columns:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    try:
        if suffixes and suffixes[-1] in _COLUMNS:
            check_bytes(path.stat().st_size, most_bytes)
            return _columns(path, suffixes[-1], most_bytes)
        with path.open("rb") as file:
            opened = _opened(file, suffixes)
            text = read_some(opened.read, most_bytes)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"{str(path)[:200]} cannot be read: {_reason(error)}") from None
    kind = suffixes[-1] if suffixes else ""
    if kind in _OPENERS and len(suffixes) > 1:
        kind = suffixes[-2]
    if kind in _DELIMITERS:
        return _records(path, encode.text_to_bytes(text), _DELIMITERS[kind], most_bytes)
    if kind in _OTHERS:
        raise DataError(
            f"{path.name[:80]} is no file of JSON, CSV, Parquet or Arrow: load it in Python, and give what it holds"
        )
    return encode.text_to_bytes(text)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def read_some(read: Callable[[int], Any], most_bytes: int | None) -> bytes:
    """Read pieces until there are none. Raises: InputLimitError for more than may be read."""
    pieces: list[bytes] = []
    used = 0
    while piece := read(_PIECE if most_bytes is None else min(_PIECE, most_bytes - used + 1)):
        pieces.append(piece.encode("utf-8", "replace") if isinstance(piece, str) else bytes(piece))
        used += len(pieces[-1])
        check_bytes(used, most_bytes)
    return b"".join(pieces)


#: What opens a file .zst: Python from 3.14 on, what brings that to older ones, or the older package.
_ZSTD: dict[str, Callable[[Any, BinaryIO], Any]] = {
    "compression.zstd": lambda module, file: module.ZstdFile(file),
    "backports.zstd": lambda module, file: module.ZstdFile(file),
    "zstandard": lambda module, file: module.ZstdDecompressor().stream_reader(file),
}


def _zstd(file: BinaryIO) -> Any:
    for name, make in _ZSTD.items():
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            try:
                return make(imports.whole(name), file)
            except ImportError:
                # Another package of the same family, or a Python that was built without it.
                continue
    raise DataError("a file .zst needs Python 3.14, or the package backports.zstd or zstandard")


#: What opens a compressed file, by the end of its name.
_OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file), ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile, ".zst": _zstd,
}  # fmt: skip


def _opened(file: BinaryIO, suffixes: list[str]) -> Any:
    opener = _OPENERS.get(suffixes[-1]) if suffixes else None
    return file if opener is None else opener(file)


def _records(path: pathlib.Path, text: bytes, delimiter: str, most_bytes: int | None) -> bytes:
    """Make an array of records of CSV, whose cells stay strings; a row that is short lacks the last keys.

    Raises: DataError; InputLimitError where the keys, which stand in each record, make it longer than may be read.
    """
    rows = csv.reader(io.StringIO(text.decode("utf-8-sig", "replace"), newline=""), delimiter=delimiter, strict=True)
    records: list[dict[str, str]] = []
    try:
        names = next(rows, [])
        if len(set(names)) < len(names):
            twice = sorted(name for name, count in collections.Counter(names).items() if count > 1)
            raise DataError(f"{path.name[:80]} has several columns named {', '.join(twice)[:80]}")
        #: The bytes that the first keys take in a record, by their number.
        keys = [0, *itertools.accumulate(len(name) + len('"":"",') for name in names)]
        used = 0
        for row in rows:
            if len(row) > len(names):
                raise DataError(f"{path.name[:80]} has more cells than names in row {len(records) + 1:,}")
            if row:
                used += keys[len(row)] + sum(map(len, row))
                check_bytes(used, most_bytes)
                records.append(dict(zip(names, row, strict=False)))
    except csv.Error as error:
        raise DataError(f"{path.name[:80]} is no CSV: {error}") from None
    return encode.value_to_json(records)


def _columns(path: pathlib.Path, suffix: str, most_bytes: int | None) -> Columns:
    """Read a file of columns batch by batch, with pyarrow or polars. Raises: DataError, InputLimitError."""
    reader: Any
    if importlib.util.find_spec("pyarrow") is not None:
        reader = _batches(path, suffix)
    elif importlib.util.find_spec("polars") is not None:
        polars: Any = imports.whole("polars")
        reader = polars.read_parquet(path) if suffix == ".parquet" else polars.read_ipc(path)
    else:
        raise DataError(f"a file {suffix} needs the package pyarrow or polars")
    made = columns.of(reader, most_bytes=most_bytes)
    if made is None:
        raise DataError(
            f"{path.name[:80]} has columns of types that are not read: load it in Python, and give the frame"
        )
    return made


def _batches(path: pathlib.Path, suffix: str) -> Any:
    pyarrow: Any = imports.whole("pyarrow")
    try:
        if suffix == ".parquet":
            file = imports.whole("pyarrow.parquet").ParquetFile(path)
            return pyarrow.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(_ROWS))
        source = pyarrow.memory_map(str(path))
        try:
            opened = pyarrow.ipc.open_file(source)
        except pyarrow.ArrowInvalid:
            source.seek(0)
            return pyarrow.ipc.open_stream(source)
        batches: Iterator[Any] = (opened.get_batch(at) for at in range(opened.num_record_batches))
        return pyarrow.RecordBatchReader.from_batches(opened.schema, batches)
    except pyarrow.ArrowException as error:
        raise DataError(f"{path.name[:80]} cannot be read: {str(error).partition(chr(10))[0][:200]}") from None
