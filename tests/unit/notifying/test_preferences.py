"""How people want to be told: what holds by default, and what is refused."""

from dataclasses import replace

import pytest

from copml.errors import PreferenceWrong
from copml.notifying import check_preference, default_preference, ways
from copml.records import Channel, NoticeKind, Rhythm

SECRET = ("webhook", "webhook_secret", "apprise")
STATED = default_preference("ds@telco.example", mail=True)


def test_by_default_an_address_is_told_by_mail_where_there_is_a_server() -> None:
    assert ways(STATED) == ((Channel.EMAIL, "ds@telco.example"),)
    assert ways(default_preference("DS@Telco.example", mail=True)) == ways(STATED)
    assert ways(default_preference("ds@telco.example", mail=False)) == ()
    assert ways(default_preference("the data team", mail=True)) == ()


def test_by_default_incidents_are_told_at_once_and_the_rest_once_a_day() -> None:
    assert STATED.rhythms[NoticeKind.INCIDENT] is Rhythm.AT_ONCE
    assert {STATED.rhythms[kind] for kind in NoticeKind if kind is not NoticeKind.INCIDENT} == {Rhythm.DAILY}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "), ("name", "a\nb"), ("name", "a" * 300), ("email", "ds@telco.example\nBcc: x@evil.example"),
        ("email", ""), ("email", "two@x.example,more@x.example"), ("hour", 24), ("hour", -1), ("quiet", "22-7"),
        ("zone", "Mars/Olympus"), ("zone", "../../etc/passwd"), ("webhook_secret", "COPML_NOTIFY_KEY"),
        ("webhook", "COPML_STATE"), ("apprise", "COPML_NOTIFY_"),
    ],
)  # fmt: skip
def test_what_could_not_be_kept_to_is_refused(field: str, value: object) -> None:
    with pytest.raises(PreferenceWrong, match=field):
        check_preference(replace(STATED, **{field: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", SECRET)
def test_an_address_in_place_of_a_variable_is_refused_and_not_repeated(field: str) -> None:
    with pytest.raises(PreferenceWrong, match="environment variable") as caught:
        check_preference(replace(STATED, **{field: "https://hooks.example/T0/secret"}))  # type: ignore[arg-type]
    assert "hooks" not in str(caught.value)


def test_what_can_be_kept_to_is_taken() -> None:
    check_preference(STATED)
    references = {field: f"COPML_NOTIFY_{number}" for number, field in enumerate(SECRET)}
    check_preference(replace(STATED, email=None, **references))  # type: ignore[arg-type]
    check_preference(replace(STATED, hour=23, zone="Europe/Berlin", quiet="22:00-07:00"))
