"""Tagged cells become a module that says the same, or one error that names the cell and what to do."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from copml.errors import CellUnusable, NotebookUnusable
from copml.notebooks import Module, compose, read_cells
from copml.notebooks.cells import Cell, Tag

IMPORTS, FEATURES, TRAIN = Tag


def cells(*sources: tuple[Tag | None, str]) -> list[Cell]:
    return [Cell(number=number, source=source, tag=tag) for number, (tag, source) in enumerate(sources, start=1)]


def composed(*sources: tuple[Tag | None, str]) -> Module:
    return compose("a.ipynb", cells(*sources), train="train")


def called(module: Module, name: str, *arguments: Any) -> Any:
    names: dict[str, Any] = {}
    exec(compile(module.text, "module", "exec"), names)
    return names[name](*arguments)


LOOSE = "scale = params['scale']\nmodel = [scale * row for row in data], seed"


def test_loose_cells_become_the_body_of_a_function() -> None:
    module = composed((None, "%matplotlib inline\n!ls"), (IMPORTS, "import math\nBASE = 2"), (TRAIN, LOOSE))
    assert called(module, "train", [1, 2], {"scale": 3}, 7) == ([3, 6], 7)
    assert (module.functions, module.cells) == (("train",), {"copml:imports": (2,), "copml:train": (3,)})
    assert "matplotlib" not in module.text


def test_several_cells_of_one_tag_are_one_function_in_their_order() -> None:
    module = composed((TRAIN, "total = sum(data)"), (None, "total = 0"), (TRAIN, "model = total + seed"))
    assert called(module, "train", [1, 2], {}, 10) == 13


def test_a_function_that_is_defined_stays_as_it_is() -> None:
    source = "LIMIT = 3  # why\n\ndef train(data, params, seed):\n    return data[:LIMIT]"
    module = composed((TRAIN, source))
    assert source in module.text
    assert called(module, "train", [1, 2, 3, 4], {}, 0) == [1, 2, 3]


def test_features_are_built_from_their_cells() -> None:
    module = composed(
        (FEATURES, "features = tables['a'] + as_of"), (TRAIN, "def train(data, params, seed):\n    return data")
    )
    assert module.functions == ("build", "train")
    assert called(module, "build", {"a": 1}, 2) == 3


def test_texts_of_several_lines_are_not_set_in() -> None:
    source = 'text = """one\n  two\n"""\nother = f"""{seed}\nthree"""\nmodel = text + other + "a\\\nb"'
    assert called(composed((TRAIN, source)), "train", None, {}, 5) == "one\n  two\n5\nthreeab"


def test_a_comment_at_the_end_and_blank_lines_do_no_harm() -> None:
    assert called(composed((TRAIN, "\n# why\nmodel = 1\n\n# that is all\n")), "train", None, {}, 0) == 1


REFUSED: dict[str, tuple[list[tuple[Tag | None, str]], str]] = {
    "a magic": ([(None, ""), (TRAIN, "model = 1\n%time model")], r"cell 2 .*line 2: `%time model` is a magic"),
    "a shell line": ([(TRAIN, "!pip install x\nmodel = 1")], r"cell 1 .*line 1: `!pip install x` is a magic"),
    "a shell assignment": ([(TRAIN, "files = !ls\nmodel = 1")], "is a magic or a shell line"),
    "help": ([(TRAIN, "model?\nmodel = 1")], "is a magic or a shell line"),
    "no Python": ([(TRAIN, "model = 1\nmodel = = 2")], r"cell 1 .*line 2: it is no Python"),
    "an undefined name": (
        [(TRAIN, "x = 1\nmodel = unknown")],
        r"line 2: `unknown` is not defined .*import or define it",
    ),
    "a name of an untagged cell": ([(None, "k = 1"), (TRAIN, "model = k")], "cell 1 defines it: tag that cell"),
    "a name of a function": (
        [(FEATURES, "COLUMNS = []\nfeatures = COLUMNS"), (TRAIN, "model = COLUMNS")],
        "cell 1 defines it within a function",
    ),
    "an undefined name in a function": ([(TRAIN, "def f():\n    return nowhere\nmodel = f")], "line 2: `nowhere`"),
    "what only notebooks have": ([(TRAIN, "model = 1\ndisplay(model)")], "in notebooks only"),
    "no model": ([(TRAIN, "fitted = data")], r"neither defines `train\(data, params, seed\)` nor assigns `model`"),
    "no features": ([(FEATURES, "x = 1"), (TRAIN, "model = 1")], r"cell 1 .*neither defines `build"),
    "other parameters": ([(TRAIN, "def train(x):\n    return x")], "`train` takes x; write `def train"),
    "everything of a module": ([(IMPORTS, "from math import *"), (TRAIN, "model = pi")], "hides which names"),
    "waiting": ([(TRAIN, "model = await data")], "cannot stand in a module"),
    "the future too late": ([(IMPORTS, "x = 1\nfrom __future__ import annotations"), (TRAIN, "model = 1")], "line 2"),
    "an untidy import cell": ([(IMPORTS, "x = (1"), (TRAIN, "model = 1")], "cell 1 .*it is no Python"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_part_of_a_module_is_refused_with_its_cell(name: str) -> None:
    sources, words = REFUSED[name]
    with pytest.raises(CellUnusable, match=words):
        composed(*sources)


@pytest.mark.parametrize(
    "source",
    [
        "model = [x for x in data if (y := x)]",
        "def outer():\n    def inner():\n        return outer\n    return inner\nmodel = outer()",
        "class A:\n    b = 1\n    def c(self):\n        return self.b\nmodel = A",
        "try:\n    model = 1\nexcept ValueError as error:\n    model = error",
        "import os.path as p\nfrom json import dumps as d\nmodel = p, d, __name__",
        "for i, (a, *b) in enumerate(data):\n    model = i, a, b",
        "with open(data) as file:\n    model = lambda x, *y, **z: (x, y, z, file)",
    ],
)
def test_names_that_are_defined_are_known(source: str) -> None:
    assert ast.parse(composed((TRAIN, source)).text)


def test_a_notebook_without_a_training_cell_is_refused() -> None:
    with pytest.raises(NotebookUnusable, match="no cell has the tag copml:train"):
        composed((IMPORTS, "import math"))


def test_the_name_of_the_notebook_cannot_end_the_text_that_it_stands_in() -> None:
    assert ast.parse(compose('a"""\nimport os\\', cells((TRAIN, "model = 1")), train="train").text)


def notebook(*items: dict[str, Any]) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(items)})


def test_cells_are_counted_from_the_top_over_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    code = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": {"tags": ["copml:train", "other"]}}
    path.write_text(notebook({"cell_type": "markdown", "source": "x"}, code, {"cell_type": "code", "source": "c"}))
    assert read_cells(path) == (
        Cell(number=2, source="a = 1\nb = 2", tag=TRAIN),
        Cell(number=3, source="c", tag=None),
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no cells"),
        ('{"worksheets": []}', "no cells"),
        (notebook({"cell_type": "code", "source": 5}), "cell 1 is no text"),
        (notebook({"cell_type": "code", "source": "", "metadata": {"tags": ["copml:tran"]}}), "means nothing"),
        (
            notebook({"cell_type": "code", "source": "", "metadata": {"tags": ["copml:train", "copml:imports"]}}),
            "split",
        ),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotebookUnusable, match=words):
        read_cells(path)
