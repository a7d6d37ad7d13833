"""YAML text into a tree with places: what is read, what is refused, where."""

import time

import pytest

from copml.errors import Problem
from copml.spec.document import Unreadable, descend, dotted, plain, read_document, walk


def refused(text: str) -> list[Problem]:
    try:
        _, problems = read_document(text)
    except Unreadable as error:
        return list(error.problems)
    return problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 0.10", {"a": 0.1}),
        ("a: -1e-3", {"a": -0.001}),
        ("a: yes\nb: No\non: off", {"a": "yes", "b": "No", "on": "off"}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: 'true'\nb: \"1\"", {"a": "true", "b": "1"}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 010\nb: 0x10\nc: 1_000\nd: 1:30", {"a": 10, "b": "0x10", "c": "1_000", "d": "1:30"}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("1: x\nnull: y\ntrue: z", {"1": "x", "null": "y", "true": "z"}),
        ("a: [x, [1, 2], {b: c}]", {"a": ["x", [1, 2], {"b": "c"}]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("\ufeffa: 1", {"a": 1}),
        ("---\na: 1\n...\n", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: .inf\nb: .nan", {"a": ".inf", "b": ".nan"}),
        ("<<: {a: 1}\nb: 2", {"<<": {"a": 1}, "b": 2}),
    ],
)
def test_reads_the_core_schema(text: str, value: object) -> None:
    node, problems = read_document(text)
    assert problems == []
    assert plain(node) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "fragment"),
    [
        ("", 1, 1, "empty"),
        ("\n# nothing\n", 1, 1, "empty"),
        ("- a\n- b", 1, 1, "not a mapping"),
        ("\n  just text", 2, 3, "not a mapping"),
        ("a: 1\nb: 2\na: 3", 3, 1, "`a` is given twice, first in line 1"),
        ("{a: 1, a: 2}", 1, 8, "given twice"),
        ("a:\n  b: 1\n  b: 1", 3, 3, "given twice"),
        ("a: &x 1", 1, 4, "`&x` is an anchor"),
        ("a: &x 1\nb: *x", 2, 4, "`*x` is an anchor or alias"),
        ("a: !!python/object 1", 1, 4, "is a tag"),
        ("a: !thing {b: 1}", 1, 4, "is a tag"),
        ("%YAML 1.1\n---\na: yes", 1, 1, "directives"),
        ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("? [a, b]\n: 1", 1, 3, "cannot be a key"),
        ("a:\n\tb: 1", 2, 1, "tab"),
        ("a:\n  \tb: 1", 2, 3, "tab"),
        ("a: b: c", 1, 5, "not YAML"),
        ("a: [1, 2\nb: 3", 2, 2, "not YAML"),
        ("a: 'x", 1, 6, "not YAML"),
        ("a: 1\n b: 2", 2, 3, "not YAML"),
        ("a: @x", 1, 4, "not YAML"),
        ("a: \x00", 1, 4, "U+0000"),
        ("a: 1\nb: \ud800", 2, 4, "U+D800"),
        ("a: \x1b[31m", 1, 4, "U+001B"),
        ("a: " + "[" * 30 + "]" * 30, 1, 23, "deeper than 20"),
        ("a: " + "[" * 90_000, 1, 23, "deeper than 20"),
        ("a: " + "x" * 1_000_001, 1, 1, "1,000,004 bytes"),
        ("a: " + "é" * 600_000, 1, 1, "1,200,003 bytes"),
        ("a: [" + "1, " * 5_001 + "]", 1, 15_002, "5,000 values"),
    ],
)
def test_refuses_at_the_place(text: str, line: int, column: int, fragment: str) -> None:
    found = [(one.line, one.column, one.message) for one in refused(text)]
    assert any(at[:2] == (line, column) and fragment in at[2] for at in found), found


def test_every_hint_says_what_would_be_right() -> None:
    for text in ("", "- a", "a: 1\na: 2", "a: &x 1", "a: b: c", "\ta: 1", "a: \x00"):
        assert all(problem.hint for problem in refused(text))


def test_all_tabs_and_all_duplicates_are_reported_at_once() -> None:
    assert [one.line for one in refused("a:\n\tb: 1\n\tc: 2\n")] == [2, 3]
    assert [one.where for one in refused("a: 1\na: 2\nb: {c: 1, c: 2}\nd: *x\n")] == ["a", "b.c", "d"]


def test_ten_megabytes_are_refused_at_once() -> None:
    started = time.perf_counter()
    assert "bytes" in refused("key: value\n" * 1_000_000)[0].message
    assert len(refused("\t\n" * 300_000 + "a: 1")) == 100
    assert time.perf_counter() - started < 2


def test_places_and_paths() -> None:
    root, _ = read_document("a:\n  b: [x, y]\nc: {d: 1}\n")
    node, place, taken = descend(root, ("a", "b", 1))
    assert (node.value, place, taken) == ("y", (2, 10), ("a", "b", 1))
    assert descend(root, ("c", "missing"))[1:] == ((3, 1), ("c",))
    assert dotted(("a", "b", 1)) == "a.b[2]"
    assert [dotted(path) for path, _ in walk(root)] == ["", "a", "a.b", "a.b[1]", "a.b[2]", "c", "c.d"]
