"""What keys make is a function of key and arguments; what is damaged, missing or exposed is refused."""

import os
import pickle
import re
import stat
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from copml.errors import CopmlError, IdentifierUnreadable, KeysExist, KeysExposed, KeysMissing, KeyUnusable
from copml.keys import Keys
from copml.keys.files import Purpose, line
from copml.keys.keyring import verify


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.create(tmp_path / "keys")


def key_hex(folder: Path) -> list[str]:
    return [(folder / f"{purpose}.key").read_text().split()[3] for purpose in Purpose]


def test_only_the_owner_may_enter(keys: Keys, tmp_path: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {f"{purpose}.key": 0o600 for purpose in Purpose}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_every_workspace_has_keys_of_its_own(keys: Keys, tmp_path: Path) -> None:
    other = Keys.create(tmp_path / "other")
    assert not set(key_hex(tmp_path / "keys")) & set(key_hex(tmp_path / "other"))
    assert not set(keys.ids.values()) & set(other.ids.values())


def test_opened_keys_are_those_that_were_made(keys: Keys, tmp_path: Path) -> None:
    again = Keys.open(tmp_path / "keys")
    assert again.ids == keys.ids
    assert again.pseudonym("p", ["a"]) == keys.pseudonym("p", ["a"])


def test_keys_are_never_overwritten(keys: Keys, tmp_path: Path) -> None:
    before = key_hex(tmp_path / "keys")
    with pytest.raises(KeysExist):
        Keys.create(tmp_path / "keys")
    assert key_hex(tmp_path / "keys") == before
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_an_empty_folder_may_become_the_folder_of_keys(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    Keys.create(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_draft_that_was_cut_short_leaves_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("cut")

    monkeypatch.setattr("copml.keys.files._publish", fail)
    with pytest.raises(OSError, match="cut"):
        Keys.create(tmp_path / "keys")
    assert list(tmp_path.iterdir()) == []


def test_nothing_shows_a_key(keys: Keys, tmp_path: Path) -> None:
    shown = f"{keys!r} {keys!s} {keys.ids}"
    assert not any(secret[:8] in shown for secret in key_hex(tmp_path / "keys"))
    assert re.search(r"Keys\(signing [0-9a-f]{16}, ", shown)


def test_keys_do_not_travel(keys: Keys) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(keys)


DAMAGE: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "cut": lambda text: text[:-20],
    "one digit": lambda text: text[:30] + ("0" if text[30] != "0" else "1") + text[31:],
    "check": lambda text: text[:-2] + ("0" if text[-2] != "0" else "1") + "\n",
    "another purpose": lambda _: line(Purpose.PSEUDONYM, bytes(32)),
    "another length": lambda _: line(Purpose.DRAW, bytes(16)),
    "another format": lambda text: text.replace("copml-key 1", "copml-key 2"),
    "not text": lambda _: "\udcff\udcfe",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_key_is_refused(keys: Keys, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "keys" / "draw.key"
    path.write_bytes(DAMAGE[damage](path.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(KeyUnusable, match=r"draw\.key"):
        Keys.open(tmp_path / "keys")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o666])
def test_an_exposed_key_is_refused(keys: Keys, tmp_path: Path, mode: int) -> None:
    (tmp_path / "keys" / "vault.key").chmod(mode)
    with pytest.raises(KeysExposed, match=r"vault\.key.*chmod 600"):
        Keys.open(tmp_path / "keys")


def test_an_exposed_folder_is_refused(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "keys").chmod(0o750)
    with pytest.raises(KeysExposed, match="chmod 700"):
        Keys.open(tmp_path / "keys")


def test_missing_keys_are_named(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "keys" / "vault.key").unlink()
    with pytest.raises(KeysMissing, match=r"vault\.key"):
        Keys.open(tmp_path / "keys")
    with pytest.raises(KeysMissing, match="nowhere"):
        Keys.open(tmp_path / "nowhere")


def test_a_key_that_is_no_file_is_refused(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.key"
    path.unlink()
    path.mkdir(mode=0o700)
    with pytest.raises(KeyUnusable, match="directory"):
        Keys.open(tmp_path / "keys")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_cannot_be_read_is_refused(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "keys" / "vault.key").chmod(0o000)
    with pytest.raises(CopmlError):
        Keys.open(tmp_path / "keys")


def test_a_pseudonym_is_32_digits_and_the_same_again(keys: Keys) -> None:
    found = keys.pseudonym("telco", ["a", "b", "a", "", "Ä", "a|b"])
    assert all(re.fullmatch(r"[0-9a-f]{32}", pseudonym) for pseudonym in found)
    assert found[0] == found[2]
    assert len(set(found)) == 5


def test_projects_do_not_share_pseudonyms(keys: Keys) -> None:
    assert keys.pseudonym("a", ["x"]) != keys.pseudonym("b", ["x"])
    with pytest.raises(ValueError, match="separates"):
        keys.pseudonym("a|b", ["x"])


def test_draws_are_uniform_and_lie_below_one(keys: Keys) -> None:
    draws = keys.draw("control", "telco", "2026-01-01", [f"{number:x}" for number in range(20_000)])
    assert draws.dtype == np.float64
    assert draws.shape == (20_000,)
    assert ((draws >= 0) & (draws < 1)).all()
    counts = np.histogram(draws, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 60  # chi² with 19 degrees of freedom: one in 10 million above


def test_the_highest_draw_is_below_one(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copml.keys.keyring.macs", lambda *_: [b"\xff" * 32, bytes(32)])
    assert keys.draw("control", "telco", "e", ["a", "b"]).tolist() == [1 - 2**-53, 0.0]


def test_purposes_projects_and_epochs_draw_anew(keys: Keys) -> None:
    entities = [f"{number:x}" for number in range(500)]
    asked = [("control", "a", "1"), ("canary", "a", "1"), ("control", "b", "1"), ("control", "a", "2")]
    drawn = [keys.draw(*arguments, entities) for arguments in asked]
    assert all(abs(np.corrcoef(one, other)[0, 1]) < 0.2 for one, other in combinations(drawn, 2))


def test_a_draw_does_not_depend_on_the_others(keys: Keys) -> None:
    together = keys.draw("control", "a", "1", ["x", "y", "z"])
    assert keys.draw("control", "a", "1", ["z", "x"]).tolist() == [together[2], together[0]]
    assert keys.draw("control", "a", "1", []).shape == (0,)


@pytest.mark.parametrize("identifier", ["7590-VHVEG", "", "Ä 漢字 \U0001f600", "x" * 10_000])
def test_an_identifier_opens_where_it_was_sealed(keys: Keys, identifier: str) -> None:
    sealed = keys.seal_identifier("telco", "ab12", identifier)
    assert keys.open_identifier("telco", "ab12", sealed) == identifier
    assert sealed == keys.seal_identifier("telco", "ab12", identifier)
    assert not identifier or identifier.encode() not in sealed


@pytest.mark.parametrize(("project", "pseudonym"), [("other", "ab12"), ("telco", "ab13"), ("telc", "oab12")])
def test_an_identifier_opens_nowhere_else(keys: Keys, project: str, pseudonym: str) -> None:
    sealed = keys.seal_identifier("telco", "ab12", "7590-VHVEG")
    with pytest.raises(IdentifierUnreadable):
        keys.open_identifier(project, pseudonym, sealed)


def test_an_altered_identifier_does_not_open(keys: Keys) -> None:
    sealed = keys.seal_identifier("telco", "ab12", "7590-VHVEG")
    altered = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for data in [*altered, b"", sealed[:1], sealed[:-1], sealed + b"\0"]:
        with pytest.raises(IdentifierUnreadable):
            keys.open_identifier("telco", "ab12", data)


def test_a_signature_is_of_the_key_and_the_data(keys: Keys, tmp_path: Path) -> None:
    signature = keys.sign(b"data")
    assert keys.verify(b"data", signature)
    assert verify(keys.public_key, b"data", signature)
    assert not keys.verify(b"date", signature)
    assert not keys.verify(b"data", signature[:-1])
    assert not Keys.create(tmp_path / "other").verify(b"data", signature)
