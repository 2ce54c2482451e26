"""What somebody holds becomes input: files, responses, streams, and what is said of a text that is no JSON."""

from __future__ import annotations

import bz2
import gzip
import http.server
import importlib.util
import io
import itertools
import json
import lzma
import threading
import urllib.request
from typing import Any

import httpx
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
import requests
import zstandard

import jq_magic
from jq_magic.data import files, inputs, looks

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "é"}]
TEXT = json.dumps(ROWS, ensure_ascii=False).encode()


def run(value, program=".", **options):
    return jq_magic.compile(program).run(inputs.text_input(value, **options)).values


PACKED: dict[str, Any] = {
    "": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize(
    ("name", "content", "values"),
    [
        ("a.json", TEXT, [ROWS]),
        ("a.ipynb", TEXT, [ROWS]),
        ("a", TEXT, [ROWS]),
        ("a.ndjson", b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        ("a.csv", b'a,b\n007,"x,y"\n1,\n', [[{"a": "007", "b": "x,y"}, {"a": "1", "b": ""}]]),
        ("a.tsv", "\ufeffa\tb\n1\té\n".encode(), [[{"a": "1", "b": "é"}]]),
        ("utf16.json", TEXT.decode().encode("utf-16"), [ROWS]),
    ],
)
def test_a_path_is_what_its_file_holds(tmp_path, name, content, values, packed):
    path = tmp_path / f"{name}{packed}"
    path.write_bytes(PACKED[packed](content))
    assert run(path) == values


def test_files_of_columns_are_read_by_their_columns(tmp_path):
    table = pa.table({"a": [2**53 + 1, None], "t": pa.array(["2024-01-02"] * 2).cast(pa.date32())})
    wanted = [{"a": 2**53 + 1, "t": "2024-01-02"}, {"a": None, "t": "2024-01-02"}]
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as file:
        file.write_table(table)
    with pa.ipc.new_stream(tmp_path / "b.arrow", table.schema) as file:
        file.write_table(table)
    pl.DataFrame(table).write_ipc(tmp_path / "a.feather")
    for name in ("a.parquet", "a.arrow", "b.arrow", "a.feather"):
        assert run(tmp_path / name) == [wanted]


def test_a_pattern_is_all_files_that_it_names_in_order(tmp_path, monkeypatch):
    for number in (2, 1, 3):
        (tmp_path / f"part{number}.json").write_text(str(number))
    assert run(tmp_path / "part*.json") == [1, 2, 3]
    with pytest.raises(jq_magic.DataError, match="no file for the pattern"):
        run(tmp_path / "none*.json")
    monkeypatch.setattr(files, "MOST_FILES", 2)
    with pytest.raises(jq_magic.DataError, match="more than 2 files"):
        run(tmp_path / "part*.json")
    (tmp_path / "[a].json").write_text("4")
    assert run(tmp_path / "[a].json") == [4]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.json", None, "cannot be read: No such file"),
        ("a.gz", b"no gzip", "cannot be read: Not a gzipped file"),
        ("cut.gz", gzip.compress(TEXT)[:-9], "cannot be read"),
        ("a.xz", b"no xz", "cannot be read: Input format"),
        ("a.csv", b"a,a\n1,2\n", "several columns named a"),
        ("a.csv", b"a\n1\n2,3\n", "more cells than names in row 2"),
        ("a.csv", b'a\n"1', "is no CSV"),
        ("a.xlsx", b"PK", "no file of JSON"),
        ("a.parquet", b"PAR1", "cannot be read"),
        ("a.arrow", b"ARROW1", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_said(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(jq_magic.DataError, match=said):
        run(tmp_path / name)


def test_no_more_is_read_than_the_limit_however_it_is_packed(tmp_path):
    text = b"[" + b"0," * 5_000_000 + b"0]"
    for suffix, pack in PACKED.items():
        path = tmp_path / f"a.json{suffix}"
        path.write_bytes(pack(text))
        assert inputs.text_input(path, most_bytes=len(text)) == text
        with pytest.raises(jq_magic.InputLimitError) as raised:
            inputs.text_input(path, most_bytes=len(text) - 1)
        assert raised.value.used == len(text)
    (tmp_path / "b.json").write_bytes(b"12345")
    (tmp_path / "c.json").write_bytes(b"12345")
    assert inputs.text_input(tmp_path / "[bc].json", most_bytes=11) == b"12345\n12345"
    with pytest.raises(jq_magic.InputLimitError):
        inputs.text_input(tmp_path / "[bc].json", most_bytes=10)


def test_keys_of_csv_are_counted_in_each_record(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("k" * 1_000 + "\n" + "1\n" * 1_000)
    text = inputs.text_input(path, most_bytes=1_007_000)
    assert len(text) <= 1_007_000 + len("{}") * 1_000 + len("[]")
    with pytest.raises(jq_magic.InputLimitError):
        inputs.text_input(path, most_bytes=1_006_999)


def test_a_short_row_of_csv_costs_what_it_has(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",".join(map(str, range(100_000))) + "\n" + "x\n" * 10_000)
    assert run(path, "length, .[0]", most_bytes=1 << 20) == [10_000, {"0": "x"}]


def test_open_files_are_what_is_left_of_them(tmp_path):
    (tmp_path / "a.json").write_bytes(b"1 2 3")
    with (tmp_path / "a.json").open() as file:
        file.read(2)
        assert run(file) == [2, 3]
    with pytest.raises(jq_magic.DataError, match="closed file"):
        run(file)
    assert run(io.BytesIO(TEXT)) == [ROWS]
    with pytest.raises(jq_magic.InputLimitError):
        run(io.StringIO("1" * 11), most_bytes=10)
    with (tmp_path / "out").open("wb") as file, pytest.raises(jq_magic.DataError, match="cannot be read"):
        run(file)


def test_a_file_zst_without_what_reads_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    (tmp_path / "a.zst").write_bytes(b"")
    with pytest.raises(jq_magic.DataError, match=r"needs Python 3.14, or the package backports.zstd or zstandard"):
        inputs.text_input(tmp_path / "a.zst")


def test_iterators_are_streams_of_values():
    assert run(row["a"] for row in ROWS) == [1, 2]
    assert run(iter([])) == []
    with pytest.raises(jq_magic.InputLimitError):
        run(itertools.count(), most_bytes=1_000)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        bodies = {"/rows": TEXT, "/page": b"<!doctype html><p>", "/gone": b'{"error": "gone"}'}
        body = bodies.get(self.path, b"nothing here")
        self.send_response({"/rows": 200, "/page": 200}.get(self.path, 404))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("package", [requests, httpx])
def test_responses_are_their_bodies(address, package):
    assert run(package.get(f"{address}/rows")) == [ROWS]
    assert run(package.get(f"{address}/gone")) == [{"error": "gone"}]
    with pytest.raises(jq_magic.InputError, match="looks like HTML"):
        run(package.get(f"{address}/page"))
    with pytest.raises(jq_magic.DataError, match="status 404, and its body is no JSON: 'nothing here'"):
        run(package.get(f"{address}/else"))
    with pytest.raises(jq_magic.InputLimitError):
        run(package.get(f"{address}/rows"), most_bytes=10)


def test_bodies_that_are_not_read_yet_are_read(address):
    with requests.get(f"{address}/rows", stream=True) as response:
        assert run(response) == [ROWS]
    with httpx.stream("GET", f"{address}/rows") as response:
        assert run(response) == [ROWS]
    with urllib.request.urlopen(f"{address}/rows") as response:
        assert run(response) == [ROWS]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_texts_with_a_mark_are_decoded(encoding):
    assert run(TEXT.decode().encode(encoding)) == [ROWS]
    assert jq_magic.compile(".").run(TEXT.decode().encode(encoding)).values == [ROWS]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{'a': 1}", "Python's repr"),
        (str([{"a": True}]).replace("'", '"'), "Python's repr"),
        ('{"a": None}', "Python's repr"),
        ('{"a": 1,}', "JSON has no comma before }"),
        ("[1, 2, ]", "JSON has no comma before ]"),
        ("[1, // one\n2]", "JSON has no comments"),
        ("/* rows */ [1]", "JSON has no comments"),
        ("\n <!DOCTYPE html><html>", "looks like HTML: is it an error page"),
        ("<rss/>", "looks like XML"),
        ("name,score\nada,4.5\n", "looks like CSV"),
        ("name\tscore\nada\t4.5\n", "looks like CSV"),
        ("name: ada\nscore: 4.5\n", "looks like YAML"),
        ("data/rows.json", "looks like the name of a file"),
        ("https://example.org/rows.json", "looks like a URL"),
        (gzip.compress(b"[1]"), "looks like gzip"),
        (b"PAR1\0", "looks like Parquet"),
    ],
)
def test_what_is_no_json_is_said_to_look_like(text, said, engine):
    with pytest.raises(jq_magic.InputError) as raised:
        jq_magic.compile(".", engine=engine).run(text)
    assert said in raised.value.advice


@pytest.mark.parametrize("text", ["[1 2]", "tru", '{"a" 1}', "[1", '"abc'])
def test_nothing_is_said_of_what_looks_like_json(text):
    with pytest.raises(jq_magic.InputError) as raised:
        jq_magic.compile(".").run(text)
    assert not raised.value.advice


def test_a_long_text_is_looked_at_in_two_places_only():
    text = b"[" + b" " * 10_000_000 + b",]" + b"x" * 10_000_000
    assert looks.advice(text, 10_000_002) == "JSON has no comma before ]: leave it out"


def test_values_stay_what_they_were():
    assert run(pd.DataFrame(ROWS)) == [ROWS]
    assert run({"a": {1, 2}}) == [{"a": [1, 2]}]
