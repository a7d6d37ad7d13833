"""Notes and checkpoints open for the key that signed them, and for nothing else."""

from pathlib import Path

import pytest
from tests.ledgers import ORIGIN, golden_keys

from copml.errors import CheckpointInvalid
from copml.keys import Keys
from copml.ledger import VerifierKey, checkpoint
from copml.ledger.checkpoints import open_checkpoint
from copml.ledger.notes import NOTE_BYTES_MAX, open_note, sign_note

# The example of golang.org/x/mod/sumdb/note, the first implementation of signed notes.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return golden_keys(tmp_path)


@pytest.fixture
def key(keys: Keys) -> VerifierKey:
    return VerifierKey(ORIGIN, keys.public_key)


def test_a_note_of_another_implementation_opens() -> None:
    key = VerifierKey.parse(NEUMANN_KEY)
    assert open_note(NEUMANN, key) == NEUMANN.rpartition("\n\n")[0] + "\n"
    assert str(key) == NEUMANN_KEY


@pytest.mark.parametrize("at", range(0, len(NEUMANN), 3))
def test_no_character_of_a_note_may_differ(at: int) -> None:
    altered = NEUMANN[:at] + ("x" if NEUMANN[at] != "x" else "y") + NEUMANN[at + 1 :]
    with pytest.raises(CheckpointInvalid):
        open_note(altered, VerifierKey.parse(NEUMANN_KEY))


def test_the_key_of_the_go_checksum_database_is_read() -> None:
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert VerifierKey.parse(text).name == "sum.golang.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+",
        NEUMANN_KEY.replace("c74f20a3", "c74f20a4"),
        NEUMANN_KEY.replace("Peter", "Petra"),
        NEUMANN_KEY.replace("+ARpc", "+AhpC"),
        NEUMANN_KEY[:-4],
    ],
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        VerifierKey.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\u2003b", "a\x00b"])
def test_what_is_no_key_name(keys: Keys, name: str) -> None:
    with pytest.raises(CheckpointInvalid, match="no key name"):
        checkpoint(name, 0, bytes(32), keys)


def test_a_checkpoint_says_what_was_signed(keys: Keys, key: VerifierKey) -> None:
    text = checkpoint(ORIGIN, 17, bytes(range(32)), keys)
    assert text.startswith(f"{ORIGIN}\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— {ORIGIN} ")
    head = open_checkpoint(text, key)
    assert (head.origin, head.size, head.root) == (ORIGIN, 17, bytes(range(32)))


def test_signatures_by_others_are_passed_over(keys: Keys, key: VerifierKey, tmp_path: Path) -> None:
    witness = Keys.create(tmp_path / "witness")
    text = checkpoint(ORIGIN, 1, bytes(32), keys)
    body = text.rpartition("\n\n")[0] + "\n"
    line = sign_note(body, "witness.example", witness).rpartition("\n\n")[2]
    same_name = sign_note(body, ORIGIN, witness).rpartition("\n\n")[2]
    for both in (text + line, body + "\n" + line + text.rpartition("\n\n")[2], text + same_name):
        assert open_checkpoint(both, key).size == 1
    assert open_note(text + line, VerifierKey("witness.example", witness.public_key)) == body
    with pytest.raises(CheckpointInvalid, match="carries no signature"):
        open_checkpoint(body + "\n" + line, key)


def test_a_second_signature_that_is_wrong_spoils_the_note(keys: Keys, key: VerifierKey) -> None:
    text, other = (checkpoint(ORIGIN, size, bytes(32), keys) for size in (1, 2))
    with pytest.raises(CheckpointInvalid, match="does not fit"):
        open_checkpoint(text + other.rpartition("\n\n")[2], key)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("other.example\n1\n" + "A" * 43 + "=\n", "of the ledger other.example"),
        (f"{ORIGIN}\n1\n", "three lines"),
        (f"{ORIGIN}\n01\n" + "A" * 43 + "=\n", "no plain number"),
        (f"{ORIGIN}\n-1\n" + "A" * 43 + "=\n", "no plain number"),
        (f"{ORIGIN}\n١\n" + "A" * 43 + "=\n", "no plain number"),
        (f"{ORIGIN}\n" + "9" * 5000 + "\n" + "A" * 43 + "=\n", "no plain number"),
        (f"{ORIGIN}\n1\nAAAA\n", "3 bytes"),
        (f"{ORIGIN}\n1\n*\n", "base64"),
        (f"{ORIGIN}\n1\n" + "A" * 43 + "=\n\nmore\n", "three lines"),
    ],
)
def test_signed_texts_that_are_no_checkpoints(keys: Keys, key: VerifierKey, body: str, reason: str) -> None:
    with pytest.raises(CheckpointInvalid, match=reason):
        open_checkpoint(sign_note(body, ORIGIN, keys), key)


def test_extension_lines_are_signed_and_passed_over(keys: Keys, key: VerifierKey) -> None:
    body = f"{ORIGIN}\n1\n" + "A" * 43 + "=\nextension\u2028 line\n"
    assert open_checkpoint(sign_note(body, ORIGIN, keys), key).size == 1


@pytest.mark.parametrize(
    "text", ["", "\n", "\n\n", "a\n\n", "a\n\nb\n", "a\n\n— b\n", "a\n\n— b AA==\n", "a\x07\n\n— b c\n"]
)
def test_what_is_no_note(key: VerifierKey, text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        open_note(text, key)


def test_a_note_has_a_largest_size(keys: Keys, key: VerifierKey) -> None:
    with pytest.raises(CheckpointInvalid, match="larger than"):
        open_note(sign_note("x" * NOTE_BYTES_MAX + "\n", ORIGIN, keys), key)
