"""Passwords, secrets, lock-out and rights, each as a rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.access import Account, AccountKind, Right, Token
from copml.accounts import (
    NOT_FOR_PROGRAMS,
    RIGHTS,
    Principal,
    check_strength,
    counted,
    digest_secret,
    hash_password,
    is_password,
    is_secret,
    locked_until,
    mint_token,
    roles_of,
    split_token,
)
from copml.accounts.lockout import FREE, LONGEST
from copml.errors import PasswordRefused
from copml.records import Role

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
SETS = st.frozensets(st.sampled_from(list(Right)))


def account(kind: AccountKind = AccountKind.PERSON, *, administrator: bool = False) -> Account:
    return Account(
        name="ann@x.example", kind=kind, administrator=administrator, active=True, changed_by="x", changed_at=NOW
    )


def token(rights: frozenset[Right], *projects: str) -> Token:
    return Token(
        id="t", account="ann@x.example", label="", rights=tuple(rights), projects=projects, issued_by="x",
        issued_at=NOW, expires_at=NOW, revoked_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "5 characters"),
        ("a" * 257, "257 characters"),
        ("abababababab", "2 different"),
        ("my name is ann@x.example", "name of the account"),
        ("I like COPML very much", "name of the account"),
    ],
)
def test_a_password_that_is_guessed_easily_is_refused(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason):
        check_strength(password, "ann@x.example")


def test_a_password_is_known_again_and_no_other_is() -> None:
    kept = hash_password("four green apples fall")
    check_strength("four green apples fall", "ann@x.example")
    assert "apples" not in kept
    assert kept.startswith("$argon2id$")
    assert kept != hash_password("four green apples fall")
    assert is_password("four green apples fall", kept)
    assert not is_password("four green apples fell", kept)
    assert not is_password("four green apples fall", None)
    assert not is_password("four green apples fall", "not a hash")


def test_a_token_is_known_by_its_secret_and_names_its_record() -> None:
    minted = mint_token()
    name, secret = split_token(minted.shown) or ("", "")
    assert name == minted.id
    assert is_secret(secret, minted.digest)
    assert not is_secret(secret[:-1] + ("a" if secret[-1] != "a" else "b"), minted.digest)
    assert secret not in minted.digest
    assert mint_token().shown != minted.shown


@given(st.text(max_size=100))
def test_what_is_no_token_is_none(text: str) -> None:
    assert split_token(text) is None
    assert split_token(f"copml_{text}") is None


@given(count=st.integers(0, 10_000), more=st.integers(0, 100))
def test_waiting_grows_with_failures_up_to_a_limit(count: int, more: int) -> None:
    assert NOW <= locked_until(count, NOW) <= locked_until(count + more, NOW) <= NOW + LONGEST
    assert (locked_until(count, NOW) == NOW) == (count < FREE)


def test_failures_are_forgotten_after_a_day() -> None:
    assert counted(9, NOW, NOW + timedelta(hours=23)) == 9
    assert counted(9, NOW, NOW + timedelta(hours=25)) == 0
    assert counted(9, None, NOW) == 0


def test_roles_are_those_that_the_file_names_however_it_is_written() -> None:
    people = {Role.BUSINESS: ("Ann@X.example",), Role.AUDIT: ("bob",), Role.REVIEW: ()}
    assert roles_of("ann@x.example", people) == {Role.BUSINESS}
    assert roles_of("nobody", people) == frozenset()


@given(roles=st.frozensets(st.sampled_from(list(Role))), limited=SETS, right=st.sampled_from(list(Right)))
def test_a_token_only_takes_away(roles: frozenset[Role], limited: frozenset[Right], right: Right) -> None:
    alone, with_token = Principal(account=account()), Principal(account=account(), token=token(limited))
    assert with_token.may(right, roles) == (alone.may(right, roles) and right in limited)


@given(roles=st.frozensets(st.sampled_from(list(Role))), right=st.sampled_from(sorted(NOT_FOR_PROGRAMS)))
def test_a_program_decides_nothing_in_whatever_role(roles: frozenset[Role], right: Right) -> None:
    assert not Principal(account=account(AccountKind.SERVICE)).may(right, roles)


def test_auditors_read_everything_and_change_nothing() -> None:
    assert RIGHTS[Role.AUDIT] == {Right.READ, Right.READ_VALUES}


def test_administrators_have_no_right_in_a_project_by_being_administrators() -> None:
    administrator = Principal(account=account(administrator=True))
    assert administrator.may_manage()
    assert not any(administrator.may(right, ()) for right in Right)
    assert not Principal(account=account(administrator=True), token=token(frozenset({Right.READ}))).may_manage()


def test_a_token_reaches_its_projects_only() -> None:
    assert Principal(account=account(), token=token(frozenset(), "a")).reaches("a")
    assert not Principal(account=account(), token=token(frozenset(), "a")).reaches("b")
    assert Principal(account=account(), token=token(frozenset())).reaches("b")


def test_what_is_kept_of_a_secret_is_no_secret() -> None:
    assert digest_secret("x") == digest_secret("x")
    assert "secret" not in digest_secret("secret")
