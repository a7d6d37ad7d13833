"""Every way in which project code can end is a value or one clear error, and leaves nothing behind."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from copml.errors import (
    CodeFailed,
    CodeKilled,
    CodeOutOfMemory,
    CodeReturnedWrong,
    CodeTimedOut,
    CopmlError,
    EntryInvalid,
    WorkspaceReadOnly,
)
from copml.sandbox import Limits, run_child

QUICK = Limits(seconds=20, memory_mb=300)


class Project:
    def __init__(self, root: Path) -> None:
        self.root, self.log = root, root / "logs" / "child.log"

    def write(self, code: str, name: str = "code_") -> None:
        (self.root / f"{name}.py").write_text(textwrap.dedent(code))

    def run(self, code: str, argument: object = None, limits: Limits = QUICK) -> object:
        self.write(code)
        return run_child("code_:main", argument, root=self.root, limits=limits, log=self.log)

    def is_alive(self, name: str = "pid") -> bool:
        pid = int((self.root / name).read_text())
        return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("value", [None, 1, -0.5, "ü", [1, [2]], {"a": {"b": True}}])
def test_values_travel_both_ways(project: Project, value: object) -> None:
    assert project.run("def main(x): return [x, x]", value) == [value, value]


def test_the_child_sees_its_folder_its_settings_and_the_callers_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPML_SEEN", "yes")
    code = """
        import os, sys
        def main(_):
            keys = ("COPML_SEEN", "OMP_NUM_THREADS", "PYTHONHASHSEED")
            return [os.getcwd(), sys.path[0], *(os.environ[key] for key in keys), hash("a") % 1000, input_is_empty()]
        def input_is_empty(): return sys.stdin.read() == ""
    """
    first = project.run(code)
    assert first == project.run(code)
    assert isinstance(first, list)
    assert first[:5] == [str(project.root), str(project.root), "yes", "1", "0"]
    assert first[6] is True


def test_more_threads_when_told(project: Project) -> None:
    code = "import os\ndef main(_): return os.environ['OMP_NUM_THREADS']"
    assert project.run(code, limits=Limits(seconds=20, memory_mb=300, threads=2)) == "2"


def test_code_is_read_anew_each_time_and_leaves_no_byte_code(project: Project) -> None:
    assert [project.run(f"def main(_): return {number}") for number in (1, 2, 3)] == [1, 2, 3]
    assert not (project.root / "__pycache__").exists()


ENDINGS: list[tuple[str, type[CopmlError], str]] = [
    ("def main(_): raise ValueError('no such thing')", CodeFailed, "ValueError: no such thing"),
    ("def main(_): return 1 / 0", CodeFailed, "code_.py:1 in main: def main(_): return 1 / 0"),
    ("def main(_): exit(3)", CodeFailed, "SystemExit: 3"),
    ("def main(_): raise KeyboardInterrupt", CodeFailed, "KeyboardInterrupt"),
    ("class E(Exception):\n    __str__ = None\ndef main(_): raise E", CodeFailed, "E: <exception str() failed>"),
    ("def main(_): return main(_)", CodeFailed, "RecursionError"),
    ("def main(_: return 1", CodeFailed, "code_.py:1 in <module>: def main(_: return 1"),
    ("1 / 0", CodeFailed, "ZeroDivisionError"),
    ("import os\ndef main(_): os._exit(0)", CodeKilled, "exit status 0"),
    ("import os\ndef main(_): os.kill(os.getpid(), 9)", CodeKilled, "SIGKILL"),
    ("import ctypes\ndef main(_): ctypes.string_at(0)", CodeKilled, "SIGSEGV"),
    ("import os\ndef main(_): os.abort()", CodeKilled, "SIGABRT"),
    ("import os\ndef main(_): os.kill(os.getppid(), 9)", CodeKilled, "ended from outside"),
    ("def main(_): return object()", CodeReturnedWrong, "a object that cannot be written as JSON"),
    ("def main(_): return (x for x in ())", CodeReturnedWrong, "generator"),
    ("def main(_): return {(1, 2): 3}", CodeReturnedWrong, "dict"),
    ("def main(_): return 'x' * (17 << 20)", CodeReturnedWrong, "17825805 bytes"),
    ("def main(_): return bytearray(600 << 20)", CodeOutOfMemory, "300 MB"),
    ("import numpy\ndef main(_): return numpy.ones((9000, 9000)).sum()", CodeOutOfMemory, "code_.py:2 in main"),
    ("def other(_): return 1", EntryInvalid, "define `def main(…)` there"),
    ("def Main(_): return 1", EntryInvalid, "did you mean code_:Main?"),
    ("main = 3", EntryInvalid, "is no function but int"),
    (
        "import not_there_at_all\ndef main(_): return 1",
        EntryInvalid,
        "imports not_there_at_all, which is not installed",
    ),
]


@pytest.mark.parametrize(("code", "kind", "says"), ENDINGS, ids=[says for _, _, says in ENDINGS])
def test_endings(project: Project, code: str, kind: type[CopmlError], says: str) -> None:
    with pytest.raises(kind) as raised:
        project.run(code)
    assert says in str(raised.value)
    assert type(raised.value) is kind


def test_the_error_shows_the_projects_own_lines_and_the_log_has_all(project: Project) -> None:
    project.write("import json\ndef inner():\n    json.loads('nonsense')\n", "inner")
    with pytest.raises(CodeFailed) as raised:
        project.run("import inner\ndef main(_):\n    inner.inner()\n")
    assert raised.value.where == ("code_.py:3 in main: inner.inner()", "inner.py:3 in inner: json.loads('nonsense')")
    assert raised.value.log == str(project.log)
    assert "json/decoder.py" in project.log.read_text()


def test_a_crash_says_in_the_log_where(project: Project) -> None:
    with pytest.raises(CodeKilled):
        project.run("import ctypes\ndef main(_):\n    print('before')\n    ctypes.string_at(0)\n")
    assert "before" in project.log.read_text()
    assert "line 4 in main" in project.log.read_text()


def test_missing_module_and_hidden_name(project: Project) -> None:
    with pytest.raises(EntryInvalid, match=r"no module nowhere\.at; it would be .*nowhere/at\.py"):
        run_child("nowhere.at:main", None, root=project.root, limits=QUICK, log=project.log)
    project.write("def main(_): return 1", "json")
    with pytest.raises(EntryInvalid, match="has the name of an installed module"):
        run_child("json:main", None, root=project.root, limits=QUICK, log=project.log)


def test_an_error_of_copml_arrives_as_itself(project: Project) -> None:
    with pytest.raises(EntryInvalid) as raised:
        project.run("from copml.errors import EntryInvalid\ndef main(_): raise EntryInvalid('a:b', 'so it is')")
    assert (raised.value.entry, raised.value.reason) == ("a:b", "so it is")
    assert str(project.log) in raised.value.__notes__[0]


def test_a_hang_ends_with_all_that_it_started(project: Project) -> None:
    code = """
        import os, subprocess, time
        def main(_):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    open("pid", "w").write(str(os.getpid()))
                    time.sleep(60)
            subprocess.Popen(["sleep", "61"])
            time.sleep(60)
    """
    started = time.monotonic()
    with pytest.raises(CodeTimedOut, match=r"limit of 1\.5 seconds"):
        project.run(code, limits=Limits(seconds=1.5, memory_mb=300))
    assert time.monotonic() - started < 10
    assert not project.is_alive()


def test_what_is_left_running_after_a_good_end_is_ended_too(project: Project) -> None:
    code = """
        import os, time
        def main(_):
            if os.fork() == 0:
                os.setsid()
                time.sleep(60)
            child = os.fork()
            if child == 0:
                time.sleep(60)
            open("pid", "w").write(str(child))
            return "done"
    """
    assert project.run(code) == "done"
    assert not project.is_alive()


def test_a_fork_that_comes_back_twice_reports_once(project: Project) -> None:
    assert project.run("import os, time\ndef main(_):\n    child = os.fork()\n    return 'one'") == "one"


def test_many_processes_are_too_many(project: Project) -> None:
    code = "import os, time\ndef main(_):\n    while True:\n        os.fork()\n        time.sleep(0.02)\n"
    with pytest.raises(CodeKilled, match="started more than 30 processes"):
        project.run(code, limits=Limits(seconds=20, memory_mb=300, processes=30))


def test_endless_output_leaves_its_ends(project: Project) -> None:
    code = """
        def main(count):
            print("first words")
            for _ in range(count):
                print("x" * 99_999)
            print("last words")
            return "done"
    """
    assert project.run(code, 500) == "done"
    text = project.log.read_text()
    assert len(text) < 1_100_000
    assert text.startswith("first words")
    assert text.endswith("last words\n")
    assert "bytes left out" in text


def test_output_on_the_bare_descriptors_is_kept(project: Project) -> None:
    assert project.run("import os\ndef main(_): os.write(1, b'one\\n'); os.system('echo two 1>&2')") is None
    assert project.log.read_text().split() == ["one", "two"]


def test_an_interrupted_caller_ends_the_child(project: Project) -> None:
    project.write("import os, time\ndef main(_):\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(60)\n")
    script = f"""
from pathlib import Path
from copml.sandbox import Limits, run_child
root = Path({str(project.root)!r})
run_child("code_:main", None, root=root, limits=Limits(seconds=60, memory_mb=300), log=root / "log")
"""
    with subprocess.Popen([sys.executable, "-c", script]) as caller:
        wait_for(lambda: (project.root / "pid").exists() and project.is_alive())
        caller.kill()
    wait_for(lambda: not project.is_alive())


def test_a_script_without_a_guard_may_call(project: Project) -> None:
    project.write("def main(x): return x + 1")
    script = project.root / "script.py"
    script.write_text(
        "from pathlib import Path\nfrom copml.sandbox import Limits, run_child\nroot = Path(__file__).parent\n"
        "limits = Limits(seconds=20, memory_mb=300)\n"
        "print('once', run_child('code_:main', 1, root=root, limits=limits, log=root / 'log'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("once 2\n", "")


def test_many_threads_may_call(project: Project) -> None:
    project.write("import time\ndef main(x):\n    time.sleep(0.2)\n    return x")
    results: dict[int, object] = {}

    def call(number: int) -> None:
        log = project.root / f"{number}.log"
        results[number] = run_child("code_:main", number, root=project.root, limits=QUICK, log=log)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: number for number in range(6)}


def test_a_forked_caller_has_a_server_of_its_own(project: Project) -> None:
    assert project.run("import os\ndef main(_): return 1") == 1
    pid = os.fork()
    if pid == 0:
        log = project.root / "forked.log"
        value = run_child("code_:main", None, root=project.root, limits=QUICK, log=log)
        os._exit(0 if value == 1 else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert project.run("def main(_): return 2") == 2


def test_a_server_that_was_killed_is_started_anew(project: Project) -> None:
    code = """
        import os
        def main(_):
            stat = open(f"/proc/{os.getppid()}/stat").read()
            return int(stat.rpartition(")")[2].split()[1])
    """
    server = project.run(code)
    assert isinstance(server, int)
    os.kill(server, 9)
    # A killed process lets go of its memory first, then of its sockets, and then it is a zombie.
    wait_for(lambda: Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert isinstance(again := project.run(code), int)
    assert again != server
    assert len(list(Path(f"/proc/{again}/task").iterdir())) == 1


def test_a_warm_child_is_quick(project: Project) -> None:
    project.run("def main(_): return 1")
    started = time.perf_counter()
    for _ in range(5):
        run_child("code_:main", None, root=project.root, limits=QUICK, log=project.log)
    assert (time.perf_counter() - started) / 5 < 0.5


def test_descriptors_and_children_are_given_back(project: Project) -> None:
    project.run("def main(_): return 1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        run_child("code_:main", None, root=project.root, limits=QUICK, log=project.log)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def wait_for(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_a_place_for_the_log_that_cannot_be_written_is_said_first(project: Project) -> None:
    project.log = project.root / "code_.py" / "child.log"
    with pytest.raises(WorkspaceReadOnly, match="cannot be written"):
        project.run("def main(_): return 1")


def test_calling_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'pandas', 'sklearn', 'pyarrow', 'duckdb', 'skops'}"
    code = (
        "import sys, copml.sandbox, copml.models, copml.training, copml.registry\n"
        f"copml.sandbox.run_child\nprint(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
