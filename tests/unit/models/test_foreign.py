"""Model files from elsewhere: told apart without opening them; what they would do does not happen.

Each hostile file would leave the file `owned` behind (the path is in it) if anything of it ran.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import resource
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
import xgboost
from onnx import TensorProto, helper
from sklearn.preprocessing import FunctionTransformer

from copml.errors import (
    CopmlError,
    ModelFileRefused,
    ModelUnreadable,
    ModelUntrusted,
    PickleNotTrusted,
)
from copml.models import inspect, load, to_frame
from copml.sandbox import Limits, run_child

Fitted = Callable[[str], Any]
LIMITS = Limits(seconds=60, memory_mb=600, network=False)
CHILD = "copml.models.foreign.keeping:main"


@pytest.fixture
def place(tmp_path: Path, held_out: pa.Table) -> Path:
    pq.write_table(held_out, tmp_path / "rows.parquet")
    return tmp_path


def opened(place: Path, path: Path, *, trust: bool = False, limits: Limits = LIMITS) -> list[str]:
    """Open a file in a child, keep it as a model of ours in the folder `out`; returns the warnings."""
    wish = {"path": path, "rows": place / "rows.parquet", "folder": place / "out"}
    argument = {name: str(value) for name, value in wish.items()} | {"trust_pickle": trust}
    kept = run_child(CHILD, argument, root=place, limits=limits, log=place / "log")
    assert isinstance(kept, dict)
    warnings = kept["warnings"]
    assert isinstance(warnings, list)
    return warnings


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}/owned",)


def plain(place: Path, what: Any) -> Path:
    (place / "bad.pkl").write_bytes(pickle.dumps(what))
    return place / "bad.pkl"


def by_protocol(protocol: int) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        (place / "bad.pkl").write_bytes(pickle.dumps(Bomb(place), protocol))
        return place / "bad.pkl"

    return make


def by_joblib(**more: Any) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        joblib.dump({"weights": np.ones(1000), "objects": np.array([Bomb(place)], dtype=object)}, place / "bad", **more)
        return place / "bad"

    return make


def hidden_name(place: Path) -> Path:
    """The name of the function comes from the pickle's memory, in two steps."""
    text = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94K\x01\x85\x940h\x00h\x01\x93"
    command = f"touch {place}/owned".encode()
    (place / "bad.pkl").write_bytes(text + b"X" + struct.pack("<I", len(command)) + command + b"\x85R.")
    return place / "bad.pkl"


HOSTILE: dict[str, Callable[[Path], Path]] = {
    **{f"pickle, protocol {number}": by_protocol(number) for number in range(6)},
    "joblib": by_joblib(),
    "joblib, zlib": by_joblib(compress=3),
    "joblib, gzip": by_joblib(compress=("gzip", 3)),
    "joblib, bz2": by_joblib(compress=("bz2", 3)),
    "joblib, xz": by_joblib(compress=("xz", 3)),
    "joblib, lzma": by_joblib(compress=("lzma", 3)),
    "a name from memory": hidden_name,
    "in a tuple of a dictionary": lambda place: plain(place, {"model": ("x", [Bomb(place)])}),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_pickle_is_named_and_not_opened(name: str, place: Path) -> None:
    path = HOSTILE[name](place)
    found = inspect(path)
    assert found.is_pickle
    assert "posix.system" in found.imports or "os.system" in found.imports
    assert "opening it runs whatever it says" in found.warnings[-1]
    with pytest.raises(PickleNotTrusted, match=r"would import .*system.*--trust-pickle"):
        opened(place, path)
    assert not (place / "owned").exists()


def test_a_trusted_pickle_runs_in_the_child_alone_and_without_a_network(place: Path) -> None:
    """It runs: that is what trusting it means. What it reaches is the child."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"

        class Calls:
            def __reduce__(self) -> tuple[Any, ...]:
                return exec, (f"open({str(place / 'ran')!r}, 'w').write('x'); {calls}",)

        path = plain(place, Calls())
        with pytest.raises(CopmlError, match="Network is unreachable"):
            opened(place, path, trust=True)
        assert (place / "ran").exists()
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_machine_that_forbids_networks_of_its_own_is_warned_of(place: Path, fitted: Fitted) -> None:
    joblib.dump(fitted("logistic"), place / "model.joblib")
    assert not any("leave its network" in line for line in opened(place, place / "model.joblib", trust=True))
    online = Limits(seconds=60, memory_mb=600)
    said = opened(place, place / "model.joblib", trust=True, limits=online)
    assert any("does not let a process leave its network" in line for line in said)


def test_nothing_from_elsewhere_is_opened_outside_of_a_child(place: Path, fitted: Fitted) -> None:
    from copml.models import Problem, open_foreign
    from copml.records import ProblemKind

    joblib.dump(fitted("logistic"), place / "model.joblib")
    problem = Problem(kind=ProblemKind.BINARY, classes=(), columns=())
    with pytest.raises(ModelFileRefused, match="in a child process only"):
        open_foreign(place / "model.joblib", problem, trust_pickle=True)


# what is sound opens


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("xz", 2)])
@pytest.mark.parametrize("name", ["logistic", "histogram boosting", "forest"])
def test_a_joblib_pipeline_opens_when_it_is_trusted(
    name: str, compress: Any, place: Path, fitted: Fitted, held_out: pa.Table
) -> None:
    joblib.dump(fitted(name), place / "model.joblib", compress=compress)
    found = inspect(place / "model.joblib")
    assert (found.format, found.library.split(" ")[0]) == ("joblib", "scikit-learn")
    assert "sklearn.pipeline.Pipeline" in found.imports
    opened(place, place / "model.joblib", trust=True)
    expected = fitted(name).predict_proba(to_frame(held_out))[:, 1]
    np.testing.assert_allclose(load(place / "out").predict(held_out), expected, atol=1e-12)
    assert (place / "out" / "model.skops").exists()


def test_a_skops_file_opens_without_trust(place: Path, fitted: Fitted, held_out: pa.Table) -> None:
    skops.io.dump(fitted("forest"), place / "model.skops")
    found = inspect(place / "model.skops")
    assert (found.format, found.library, found.is_pickle, found.warnings) == ("skops", "scikit-learn", False, ())
    assert opened(place, place / "model.skops") == []
    assert (load(place / "out").predict(held_out) == fitted("forest").predict_proba(to_frame(held_out))[:, 1]).all()


def test_boosters_open_from_their_own_files(place: Path, trained_on: pa.Table, held_out: pa.Table) -> None:
    numbers = ["a", "b", "senior"]
    frame, target = to_frame(trained_on.select(numbers)), (np.arange(len(trained_on)) % 3 == 0).astype(int)
    pq.write_table(held_out.select(numbers), place / "rows.parquet")
    first = xgboost.train({"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(frame, target), 3)
    second = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(frame, target), 3
    )
    for name in ("x.ubj", "x.json"):
        first.save_model(place / name)
    second.save_model(place / "l.txt")
    for name, library in (("x.ubj", "xgboost"), ("x.json", "xgboost"), ("l.txt", "lightgbm")):
        assert (inspect(place / name).format, inspect(place / name).warnings) == (library, ())
        assert opened(place, place / name) == []
    assert inspect(place / "l.txt").inputs == ("a", "b", "senior")
    assert np.array_equal(load(place / "out").predict(held_out), second.predict(to_frame(held_out.select(numbers))))


def mlflow(place: Path, model: Any, **changes: Any) -> Path:
    folder = place / "mlflow"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    described = {
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "code": None},
            "sklearn": {
                "pickled_model": "model.pkl",
                "sklearn_version": "1.9.1",
                "serialization_format": "cloudpickle",
            },
        },
        "signature": {"inputs": json.dumps([{"type": "double", "name": "a"}, {"type": "string", "name": "city"}])},
    }
    (folder / "MLmodel").write_text(json.dumps(described | changes))
    return folder


def test_an_mlflow_folder_opens(place: Path, fitted: Fitted, held_out: pa.Table) -> None:
    folder = mlflow(place, fitted("logistic"))
    found = inspect(folder)
    assert (found.format, found.library, found.inputs) == ("pickle", "scikit-learn 1.9.1", ("a", "city"))
    with pytest.raises(PickleNotTrusted):
        opened(place, folder)
    opened(place, folder, trust=True)
    assert load(place / "out").predict(held_out).shape == (len(held_out),)


# what is not sound is refused with the reason


def bomb_of_zeros(place: Path, megabytes: int) -> Path:
    with zipfile.ZipFile(place / "bad.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
        with archive.open("zeros.npy", "w", force_zip64=True) as member:
            for _ in range(megabytes):
                member.write(bytes(1 << 20))
    return place / "bad.skops"


def gigabytes(place: Path) -> Path:
    """The table of contents alone: nothing else may be looked at before."""
    with zipfile.ZipFile(place / "bad.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
        for number in range(4):
            member = zipfile.ZipInfo(f"{number}.npy")
            archive.writestr(member, b"x")
            member.file_size = 1000 << 20
    return place / "bad.skops"


def joblib_bomb(place: Path) -> Path:
    """Ten thousand zlib bytes of the right beginning, and two gigabytes of zeros."""
    packer = zlib.compressobj(9)
    head = b"\x80\x05\x8e" + (3 << 30).to_bytes(8, "little")
    with (place / "bad.joblib").open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(300):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    return place / "bad.joblib"


def nested_bomb(place: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", bytes(200 << 20))
    with zipfile.ZipFile(place / "bad.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("matrix.npz", inner.getvalue())
    return place / "bad.skops"


def false_array(place: Path) -> Path:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"shape": (1 << 40,), "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(place / "bad.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("huge.npy", head.getvalue())
    return place / "bad.skops"


def joblib_false_array(place: Path) -> Path:
    """An array that says it has a terabyte."""
    joblib.dump(np.ones(3), place / "bad.joblib")
    data = (place / "bad.joblib").read_bytes()
    data = data[:2] + data[11:]  # without the frame, whose length would not fit any more
    (place / "bad.joblib").write_bytes(
        data.replace(b"K\x03\x85", b"\x8a\x06" + (1 << 40).to_bytes(6, "little") + b"\x85", 1)
    )
    return place / "bad.joblib"


def bytes_without_end(place: Path) -> Path:
    (place / "bad.pkl").write_bytes(b"\x80\x05\x96" + (1 << 45).to_bytes(8, "little") + b"x.")
    return place / "bad.pkl"


def outside_member(name: str) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        with zipfile.ZipFile(place / "bad.skops", "w") as archive:
            archive.writestr("schema.json", "{}")
            archive.writestr(name.format(place=place), "x")
        return place / "bad.skops"

    return make


def many_members(place: Path) -> Path:
    with zipfile.ZipFile(place / "bad.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
        member = archive.getinfo("schema.json")
        archive.filelist += [member] * 200_000
    return place / "bad.skops"


def graph(*nodes: Any, weights: tuple[Any, ...] = (), domains: tuple[str, ...] = ("",), functions: Any = ()) -> Any:
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("a",)]
    answer = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 1])
    body = helper.make_graph(list(nodes), "g", given, [answer], initializer=list(weights))
    return helper.make_model(
        body, opset_imports=[helper.make_opsetid(name, 20 if not name else 1) for name in domains], functions=functions
    )


def outside_weights(location: str, *, within: bool = False) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location.format(place=place))
        (place / "secret").write_bytes(bytes(4))
        if within:
            node = helper.make_node("Constant", [], ["w"])
            node.attribute.append(onnx.AttributeProto(name="value", type=onnx.AttributeProto.TENSOR, t=tensor))
            model = graph(node, helper.make_node("Mul", ["a", "w"], ["p"]))
        else:
            model = graph(helper.make_node("Mul", ["a", "w"], ["p"]), weights=(tensor,))
        (place / "bad.onnx").write_bytes(model.SerializeToString())
        return place / "bad.onnx"

    return make


def own_operator(place: Path) -> Path:
    model = graph(helper.make_node("Steal", ["a"], ["p"], domain="evil.example"), domains=("", "evil.example"))
    (place / "bad.onnx").write_bytes(model.SerializeToString())
    return place / "bad.onnx"


def operator_in_a_branch(place: Path) -> Path:
    answer = helper.make_tensor_value_info("q", TensorProto.FLOAT, [None, 1])
    branch = helper.make_graph([helper.make_node("Steal", ["a"], ["q"], domain="evil.example")], "b", [], [answer])
    condition = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("v", TensorProto.BOOL, [], [True]))
    model = graph(condition, helper.make_node("If", ["c"], ["p"], then_branch=branch, else_branch=branch))
    (place / "bad.onnx").write_bytes(model.SerializeToString())
    return place / "bad.onnx"


def redefined_operator(place: Path) -> Path:
    function = helper.make_function("", "Mul", ["x", "y"], ["z"], [], [helper.make_opsetid("", 20)])
    model = graph(helper.make_node("Mul", ["a", "a"], ["p"]), functions=[function])
    (place / "bad.onnx").write_bytes(model.SerializeToString())
    return place / "bad.onnx"


def of_torch(place: Path) -> Path:
    with zipfile.ZipFile(place / "bad.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(place)))
    return place / "bad.pt"


def old_joblib(place: Path) -> Path:
    """An array in a file beside, which its name puts elsewhere."""
    text = b"cjoblib.numpy_pickle\nNDArrayWrapper\n)R(S'filename'\nS'/etc/passwd'\nd" + b"b."
    (place / "bad.joblib").write_bytes(b"\x80\x02" + text)
    return place / "bad.joblib"


def pipe(place: Path) -> Path:
    os.mkfifo(place / "bad.pkl")
    return place / "bad.pkl"


def mlflow_elsewhere(name: str) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        plain(place, Bomb(place))
        flavour = {"sklearn": {"pickled_model": name.format(place=place)}}
        return mlflow(place, 1, flavors=flavour)

    return make


def mlflow_link(place: Path) -> Path:
    folder = mlflow(place, 1)
    (folder / "model.pkl").unlink()
    (folder / "model.pkl").symlink_to(plain(place, Bomb(place)))
    return folder


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "zip bomb": (lambda place: bomb_of_zeros(place, 300), r"\d+ kB of it would unpack to 300 MB"),
    "zip bomb that says so": (gigabytes, r"would unpack to 4000 MB, and 2048 MB"),
    "zip bomb in a matrix": (nested_bomb, r"kB of it would unpack to 200 MB"),
    "array that lies in a zip": (false_array, r"claims 8796093022208 bytes of values"),
    "joblib bomb": (joblib_bomb, r"claims to hold more than \d+ MB"),
    "array that lies in joblib": (joblib_false_array, r"says that \d+ more bytes follow"),
    "bytes without end": (bytes_without_end, r"says that 35184372088832 more bytes follow, and there are 2"),
    "member in a parent": (outside_member("../../owned"), "lies outside of it"),
    "member at a path": (outside_member("{place}/owned"), "lies outside of it"),
    "member on a drive": (outside_member("C:\\owned"), "lies outside of it"),
    "too many members": (many_members, "it has 200001 members, and 200000 are read at most"),
    "weights in another file": (outside_weights("weights.bin"), r"its weights lie in other files \('weights.bin'\)"),
    "weights at a path": (outside_weights("{place}/secret"), "its weights lie in other files"),
    "weights in a parent": (outside_weights("../../etc/passwd"), "its weights lie in other files"),
    "weights of a constant": (outside_weights("{place}/secret", within=True), "its weights lie in other files"),
    "operator of its own": (own_operator, "operators of evil.example, which are code from elsewhere"),
    "operator in a branch": (operator_in_a_branch, "operators of evil.example"),
    "operator redefined": (redefined_operator, "redefines operators of the standard"),
    "torch.save": (of_torch, "a file of torch.save, which is a pickle"),
    "old joblib": (old_joblib, "its arrays lie in other files"),
    "pipe": (pipe, "a device, a pipe or a socket"),
    "device": (lambda place: Path("/dev/zero"), "a device, a pipe or a socket"),
    "MLflow in a parent": (mlflow_elsewhere("../bad.pkl"), "lies outside of it"),
    "MLflow at a path": (mlflow_elsewhere("{place}/bad.pkl"), "lies outside of it"),
    "MLflow with a link": (mlflow_link, "is a link"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_would_do_harm_is_refused_with_the_reason(name: str, place: Path) -> None:
    make, says = REFUSED[name]
    path = make(place)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((ModelFileRefused, ModelUnreadable), match=says):
        inspect(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 300 << 10  # kB: far less than what it claims
    with pytest.raises((ModelFileRefused, ModelUnreadable), match=says):
        opened(place, path, trust=True)
    assert not (place / "owned").exists()


def test_a_skops_file_with_foreign_types_is_refused_by_their_names(place: Path) -> None:
    hostile = FunctionTransformer(os.system, kw_args={"command": f"touch {place}/owned"})
    skops.io.dump(hostile, place / "bad.skops")
    assert inspect(place / "bad.skops").format == "skops"
    with pytest.raises(ModelUntrusted, match=r"posix\.system"):
        opened(place, place / "bad.skops", trust=True)
    assert not (place / "owned").exists()


def test_an_mlflow_folder_of_functions_or_a_hostile_model_is_not_run(place: Path) -> None:
    folder = mlflow(place, Bomb(place))
    with pytest.raises(PickleNotTrusted, match=r"posix\.system"):
        opened(place, folder)
    (folder / "MLmodel").write_text(json.dumps({"flavors": {"python_function": {"loader_module": "evil"}}}))
    with pytest.raises(ModelUnreadable, match="code from elsewhere"):
        inspect(folder)
    (folder / "evil.py").write_text(f"open({str(place / 'owned')!r}, 'w')")
    described = {"flavors": {"python_function": {"code": "evil.py"}, "sklearn": {"pickled_model": "model.pkl"}}}
    (folder / "MLmodel").write_text(json.dumps(described))
    assert any("brings code of its own (evil.py), which is not run" in line for line in inspect(folder).warnings)
    assert not (place / "owned").exists()


def whole(kind: str, place: Path, fitted: Fitted) -> bytes:
    match kind:
        case "skops":
            return skops.io.dumps(fitted("logistic"))
        case "onnx":
            return graph(helper.make_node("Sigmoid", ["a"], ["p"])).SerializeToString()  # type: ignore[no-any-return]
        case "joblib":
            joblib.dump(fitted("forest"), place / "whole", compress=3)
            return (place / "whole").read_bytes()
        case _:
            return pickle.dumps(fitted("forest"))


@pytest.mark.parametrize("kind", ["skops", "onnx", "joblib", "pickle"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_no_model(kind: str, share: float, place: Path, fitted: Fitted) -> None:
    data = whole(kind, place, fitted)
    (place / "cut").write_bytes(data[: int(len(data) * share)])
    with pytest.raises((ModelUnreadable, ModelFileRefused)):
        inspect(place / "cut")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"hello, this is a letter\n" * 50, "is neither skops, ONNX"),
        (b"a,b\n1,2\n", "is neither skops, ONNX"),
        (b"{}", "is JSON, and no model of XGBoost"),
        (b"\x80", "is neither skops, ONNX"),
        (b"\x80\x04.", "is no whole pickle"),
        (b"\x80\x05" + b"(" * 100_000 + b".", "is no whole pickle"),
        (b"\x08\x07garbage", "is no ONNX model"),
        (b"\x1f\x8bnot gzip", "Not a gzipped|not a gzip|Unknown"),
        (b"\x78\x9cnot zlib", "."),
        (gzip.compress(b"text", mtime=0), "is no whole pickle"),
        (bz2.compress(b"text"), "is no whole pickle"),
        (lzma.compress(b"text"), "is no whole pickle"),
        (b"PK\x03\x04rubbish", "not a zip file"),
    ],
    ids=lambda value: repr(value[:8]),
)
def test_what_is_no_model_is_said(data: bytes, says: str, place: Path) -> None:
    (place / "model.joblib").write_bytes(data)
    with pytest.raises(ModelUnreadable, match=says):
        inspect(place / "model.joblib")


def test_what_is_not_there_and_folders(place: Path) -> None:
    with pytest.raises(ModelUnreadable, match="No such file"):
        inspect(place / "none.joblib")
    (place / "loop").symlink_to(place / "loop")
    with pytest.raises(ModelUnreadable, match="Too many levels"):
        inspect(place / "loop")
    with pytest.raises(ModelUnreadable, match="is a folder without MLmodel"):
        inspect(place)


def test_names_do_not_say_what_a_file_is(place: Path, fitted: Fitted) -> None:
    (place / "model.onnx").write_bytes(pickle.dumps(Bomb(place)))
    found = inspect(place / "model.onnx")
    assert found.format == "pickle"
    assert found.warnings[0] == "model.onnx is called .onnx and is pickle"
    (place / "link.pkl").symlink_to(place / "model.onnx")
    assert inspect(place / "link.pkl").warnings[0] == f"link.pkl is a link to {place / 'model.onnx'}"
    assert not (place / "owned").exists()


def test_telling_what_a_pickle_is_loads_none_of_its_modules(place: Path) -> None:
    (place / "bad.pkl").write_bytes(b"cantigravity\nfly\n.")
    script = "import sys\nfrom pathlib import Path\nfrom copml.models import inspect\n"
    script += "found = inspect(Path(sys.argv[1]))\nprint(found.imports, 'antigravity' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, str(place / "bad.pkl")], capture_output=True, text=True)
    assert done.stdout.strip() == "('antigravity.fly',) False", done.stderr
