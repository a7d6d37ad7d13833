"""Run copml's commands in this process, as if they were typed."""

import contextlib
import io
import json
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from copml.cli import main

WIDTH = 80


@dataclass(frozen=True)
class Answer:
    """What a command answered: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Standard error without the line breaks of its 80 columns."""
        return " ".join(self.err.split())


def copml(folder: Path, *arguments: str) -> Answer:
    """Type a command in a folder. Whatever happens, it shows no traceback and no line that is too wide."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.chdir(folder), _typed(arguments):
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    answer = Answer(status, out.getvalue(), err.getvalue())
    assert "Traceback" not in answer.out + answer.err
    assert "COPML-000" not in answer.err, answer.err
    if "--json" not in arguments:
        assert max(map(len, f"{answer.out}\n{answer.err}".splitlines()), default=0) <= WIDTH, answer.out
    return answer


def done(folder: Path, *arguments: str) -> Answer:
    """Type a command that must succeed."""
    answer = copml(folder, *arguments)
    assert answer.status == 0, answer.out + answer.err
    return answer


def refused(folder: Path, *arguments: str, code: str) -> str:
    """Type a command that must end in exactly one error of this code; its words."""
    answer = copml(folder, *arguments)
    assert answer.status == 1, answer.out
    assert re.findall(r"COPML-\d{3}", answer.err) == [code], answer.err
    return answer.words


@contextlib.contextmanager
def _typed(arguments: tuple[str, ...]) -> Iterator[None]:
    with mock.patch.object(sys, "argv", ["copml", *arguments]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Cyclopts application invoked")
        yield
