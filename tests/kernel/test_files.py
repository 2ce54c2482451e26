"""A directory of data gives its plain files, and nothing else of the machine, whatever is in it and happens to it."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import jq_magic
from jq_magic.kernel.files import Directory

SECRET = "secret of another directory"


@pytest.fixture
def place(tmp_path):
    """A directory of data, and a secret beside it."""
    (tmp_path / "secret.json").write_text(SECRET)
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    (data / "a.json").write_text("[1]")
    (data / "sub" / "b.json").write_text("[2]")
    directory = Directory(data)
    yield data, directory
    directory.close()


@pytest.mark.parametrize("path", ["a.json", "/a.json", "./a.json", "//a.json"])
def test_a_plain_file_is_read(place, path):
    assert place[1].read(path, 100) == b"[1]"
    assert place[1].read("sub/b.json", 100) == b"[2]"


def test_the_limit_on_input_holds_at_its_edge(place):
    assert place[1].read("a.json", 3) == b"[1]"
    with pytest.raises(jq_magic.InputLimitError) as raised:
        place[1].read("a.json", 2)
    assert (raised.value.used, raised.value.allowed) == (3, 2)


def links(data):
    """Links of every kind, out of the directory and inside of it."""
    (data / "relative.json").symlink_to("../secret.json")
    (data / "absolute.json").symlink_to(data.parent / "secret.json")
    (data / "up").symlink_to("..")
    (data / "root").symlink_to("/")
    (data / "inside.json").symlink_to("a.json")
    (data / "loop.json").symlink_to("loop.json")
    (data / "proc").symlink_to("/proc/self")
    return [
        "relative.json",
        "absolute.json",
        "up/secret.json",
        "root/etc/passwd",
        "inside.json",
        "loop.json",
        "proc/environ",
    ]


def test_no_link_is_followed(place):
    data, directory = place
    for path in links(data):
        with pytest.raises(UsageError, match="link"):
            directory.read(path, 1000)


def test_what_is_no_plain_file_is_refused_at_once(place):
    data, directory = place
    os.mkfifo(data / "pipe.json")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(data / "socket.json"))
    (data / "dir.json").mkdir()
    for path in ["pipe.json", "socket.json", "dir.json", "a.json/b"]:
        with pytest.raises(UsageError):
            directory.read(path, 100)
    listener.close()


@pytest.mark.parametrize(
    "path",
    [
        "../secret.json", "sub/../../secret.json", "..", ".", "/", "", "sub/", ".hidden", ".ssh/id", "sub/.x", "a\0b",
        "/proc/self/environ", "/dev/zero", "file:///etc/passwd", "http://localhost/x", "x" * 300, "x/" * 40 + "y",
        "x" * 2_000, "\udcff", "~/x.json", "$HOME/x.json", "a.json\n",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_an_error(place, path):
    with pytest.raises(UsageError):
        place[1].read(path, 100)


def test_hidden_files_are_neither_read_nor_listed(place):
    data, directory = place
    (data / ".env").write_text("KEY=1")
    (data / ".git").mkdir()
    (data / ".git" / "config").write_text("x")
    for path in [".env", ".git/config"]:
        with pytest.raises(UsageError, match="hidden"):
            directory.read(path, 100)
    assert directory.names("") == ["a.json", "sub/"]


@pytest.mark.parametrize(("content", "kind"), [(b"PAR1xx", "Parquet"), (b"\x1f\x8bxx", "gzip"), (b"ARROW1", "Arrow")])
def test_formats_that_libraries_parse_are_refused(place, content, kind):
    (place[0] / "file.json").write_bytes(content)
    with pytest.raises(UsageError, match=kind):
        place[1].read("file.json", 100)


def test_a_directory_that_others_swap_for_a_link_gives_nothing_away(place):
    data, directory = place
    (data / "swap").mkdir()
    (data / "swap" / "secret.json").write_text("mine")
    over = threading.Event()

    def swap():
        for _ in itertools.count():
            if over.is_set():
                break
            (data / "swap").rename(data / "kept")
            (data / "swap").symlink_to("..")
            (data / "swap").unlink()
            (data / "kept").rename(data / "swap")

    thread = threading.Thread(target=swap)
    thread.start()
    outcomes = set()
    for _ in range(3_000):
        try:
            outcomes.add(directory.read("swap/secret.json", 100))
        except UsageError:
            outcomes.add(b"")
    over.set()
    thread.join()
    assert outcomes <= {b"mine", b""}
    assert directory.read("swap/secret.json", 100) == b"mine"


def test_a_file_that_is_swapped_between_the_look_and_the_open_is_refused(place, monkeypatch):
    data, directory = place
    real = os.stat

    def look(*arguments, **options):
        status = real(*arguments, **options)
        if options.get("dir_fd") is not None:
            (data / "a.json").unlink()
            (data / "a.json").symlink_to("../secret.json")
        return status

    monkeypatch.setattr(os, "stat", look)
    with pytest.raises(UsageError):
        directory.read("a.json", 1000)


def test_a_file_that_grows_while_it_is_read_stops_at_the_limit(place, monkeypatch):
    data, directory = place
    real = os.read

    def read(descriptor, count):
        with (data / "a.json").open("a") as file:
            file.write("x" * 100)
        return real(descriptor, count)

    monkeypatch.setattr(os, "read", read)
    with pytest.raises(jq_magic.InputLimitError):
        directory.read("a.json", 10_000)


def test_the_directory_stays_the_one_that_was_opened(place):
    data, directory = place
    data.rename(data.parent / "elsewhere")
    (data.parent / "data").mkdir()
    (data.parent / "data" / "a.json").write_text("another")
    assert directory.read("a.json", 100) == b"[1]"


def test_completion_lists_what_can_be_read(place):
    data, directory = place
    links(data)
    assert directory.names("") == ["a.json", "sub/"]
    assert directory.names("sub/") == ["sub/b.json"]
    assert directory.names("a") == ["a.json"]
    assert directory.names("../") == directory.names("none/") == directory.names("up/") == []


def test_descriptors_are_closed(place):
    data, directory = place
    (data / "link").symlink_to("a.json")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ["a.json", "sub/b.json", "link", "none", "sub/none", "none/x", "sub"] * 5:
        try:
            directory.read(path, 2 if path == "a.json" else 100)
        except (UsageError, jq_magic.InputLimitError):
            continue
    directory.names("sub/")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
