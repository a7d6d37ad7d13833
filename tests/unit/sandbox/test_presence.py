"""What a process knows of itself: a child knows that it is one, and whether its network was taken away."""

import socket
from pathlib import Path

import pytest

from copml.sandbox import Limits, in_child, is_offline, run_child

PROBE = """
import socket
from copml.sandbox import in_child, is_offline

def probe(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError as error:
        return [in_child(), is_offline(), str(error)]
    return [in_child(), is_offline(), "connected"]
"""


def probed(root: Path, *, network: bool) -> object:
    (root / "probing.py").write_text(PROBE)
    limits = Limits(seconds=60, memory_mb=500, network=network)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        return run_child("probing:probe", port, root=root, limits=limits, log=root / "log")


def test_a_child_knows_that_it_is_one_and_its_parent_that_it_is_none(tmp_path: Path) -> None:
    assert probed(tmp_path, network=True) == [True, False, "connected"]
    assert not in_child()
    assert not is_offline()


def test_a_child_without_a_network_reaches_nobody(tmp_path: Path) -> None:
    answer = probed(tmp_path, network=False)
    if answer == [True, False, "connected"]:
        pytest.skip("this machine does not let a process leave its network")
    assert answer == [True, True, "[Errno 101] Network is unreachable"]
