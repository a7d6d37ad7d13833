"""What is sent, to real servers on this machine: SMTP with and without TLS, webhooks, apprise; and what goes wrong."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.mailroom import (
    PASSWORD,
    USER,
    Inbox,
    Mailbox,
    certificate,
    free_port,
    mail_server,
    signed_in,
    silent_server,
    web_server,
)

from copml.errors import MailMisconfigured
from copml.notifying import send, write_out
from copml.notifying.mail import can_mail, smtp
from copml.records import Channel, Message

from .letters import AT, message, notice

SECRET = f"{quote(USER)}:{quote(PASSWORD, safe='')}"
HOOK, KEY, PUSH = "COPML_NOTIFY_WEBHOOK", "COPML_NOTIFY_KEY", "COPML_NOTIFY_APPRISE"


def sent(one: Message, environment: dict[str, str], **limits: float) -> str:
    error = send(one, environment, wall=AT + timedelta(minutes=1), **limits)  # type: ignore[arg-type]
    assert PASSWORD not in error
    assert quote(PASSWORD, safe="") not in error
    return error


def mailing(url: str) -> dict[str, str]:
    return {"COPML_SMTP_URL": url, "COPML_SMTP_FROM": "copml@telco.example"}


def test_a_mail_arrives_as_text_and_html_with_the_id_of_the_message() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert not sent(message(), mailing(f"smtp://127.0.0.1:{port}?tls=none"))
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["ds@telco.example"]]
    assert mail["Message-ID"] == "<0123456789abcdef0123456789abcdef@copml.invalid>"
    assert mail["Copml-Delivery"] == "0123456789abcdef0123456789abcdef"
    assert (mail["From"], mail["To"]) == ("copml@telco.example", "ds@telco.example")
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "Inputs have changed." in plain.get_content()
    assert "<li>Inputs have changed." in html.get_content()


def test_tls_is_what_is_asked_for_unless_somebody_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, context = certificate(tmp_path)
    mailbox = Mailbox()
    with mail_server(mailbox, ssl_context=context) as wrapped, mail_server(mailbox, tls_context=context) as upgraded:
        for url in (f"smtps://127.0.0.1:{wrapped}", f"smtp://127.0.0.1:{upgraded}"):
            assert sent(message(), mailing(url)).startswith("SSLCertVerificationError")
        assert mailbox.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        for url in (f"smtps://127.0.0.1:{wrapped}", f"smtp://127.0.0.1:{upgraded}"):
            assert not sent(message(), mailing(url))
    assert len(mailbox.mails) == 2


def test_a_server_that_offers_no_tls_is_told_nothing() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert "no TLS" in sent(message(), mailing(f"smtp://{SECRET}@127.0.0.1:{port}"))
    assert mailbox.mails == []


def test_signing_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    mailbox, asked = Mailbox(), {"auth_required": True, "authenticator": signed_in, "require_starttls": True}
    with mail_server(mailbox, tls_context=context, **asked) as port:
        assert not sent(message(), mailing(f"smtp://{SECRET}@127.0.0.1:{port}"))
        assert "refused the user or password (535)" in sent(
            message(), mailing(f"smtp://{quote(USER)}:{quote(PASSWORD + 'x', safe='')}@127.0.0.1:{port}")
        )
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "is not set"),
        (f"http://{SECRET}@mail.example", "begin with smtps"),
        (f"smtps://{SECRET}@", "name a host"),
        (f"smtps://{SECRET}@mail.example:notaport", "is no URL"),
        (f"smtps://{SECRET}@[mail.example", "is no URL"),
        (f"smtps://{SECRET}@mail.example?tls=none", "not known"),
        (f"smtp://{SECRET}@mail.example?tls=no", "not known"),
        (f"smtp://{SECRET}@mail.example?tls=none", "in clear"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_and_not_repeated(url: str, reason: str) -> None:
    with pytest.raises(MailMisconfigured, match=reason) as caught:
        smtp(mailing(url))
    assert "secret" not in str(caught.value)
    assert "secret" not in sent(message(), mailing(url))


def test_settings_say_where_and_how_and_do_not_show_the_password() -> None:
    server = smtp(mailing(f"smtps://{SECRET}@mail.example"))
    assert (server.host, server.port, server.security) == ("mail.example", 465, "tls")
    assert (server.user, server.password) == (USER, PASSWORD)
    assert "secret" not in repr(server)
    assert smtp(mailing("smtp://mail.example")).port == 587
    assert smtp({"COPML_SMTP_URL": f"smtps://{SECRET}@mail.example"}).sender == USER
    with pytest.raises(MailMisconfigured, match="COPML_SMTP_FROM"):
        smtp({**mailing("smtps://mail.example"), "COPML_SMTP_FROM": "a@x.example\nBcc: b@x.example"})
    assert can_mail(mailing("smtps://mail.example"))
    assert not can_mail({})


def test_what_a_mail_server_refuses_is_told_by_its_number() -> None:
    mailbox = Mailbox(answers=[f"554 I know your password: {PASSWORD}", "451 later"])
    with mail_server(mailbox) as port:
        there = mailing(f"smtp://127.0.0.1:{port}?tls=none")
        assert sent(message(), there) == "the mail server refused it (554)"
        assert sent(message(), there) == "the mail server refused it (451)"
        assert not sent(message(), there)


def test_a_webhook_is_posted_json_that_its_receiver_can_check() -> None:
    with web_server(Inbox()) as inbox:
        one = message(notice(step=1, urgent=True), channel=Channel.WEBHOOK, to=HOOK, secret=KEY)
        for key in (f"whsec_{base64.b64encode(b'a key of ours').decode()}", "a key of ours"):
            assert not sent(one, {HOOK: inbox.url, KEY: key})
    assert len(inbox.posts) == 2
    for headers, body in inbox.posts:
        assert headers["webhook-id"] == headers["idempotency-key"] == one.id
        signed = f"{one.id}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(b"a key of ours", signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}"
        told = json.loads(body)
        assert (told["id"], told["to"], told["project"]) == (one.id, "ds@telco.example", "telco-churn")
        assert told["notices"][0] == {
            "kind": "incident", "subject": "alert-1/2026-03-01T00:00Z", "text": "Inputs have changed.",
            "since": "2026-03-02T09:30:00.000000Z", "step": 1, "urgent": True,
        }  # fmt: skip


def test_a_webhook_without_a_key_is_not_signed_and_one_whose_key_is_lost_is_not_sent() -> None:
    with web_server(Inbox()) as inbox:
        assert not sent(message(channel=Channel.WEBHOOK, to=HOOK), {HOOK: inbox.url})
        error = sent(message(channel=Channel.WEBHOOK, to=HOOK, secret=KEY), {HOOK: inbox.url})
        assert error.startswith("COPML-162: the environment variable COPML_NOTIFY_KEY")
    assert len(inbox.posts) == 1
    assert "webhook-signature" not in inbox.posts[0][0]


@pytest.mark.parametrize("answer", [302, 307, 400, 500])
def test_a_webhook_that_is_not_taken_or_sent_elsewhere_is_an_error(answer: int) -> None:
    with web_server(Inbox(answers=[answer])) as inbox:
        error = sent(message(channel=Channel.WEBHOOK, to=HOOK), {HOOK: f"{inbox.url}/secret"})
    assert error == f"the receiver answered {answer}"
    assert len(inbox.posts) == 1


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://x/secret", "https://", "http://x y/secret", "//secret"]
)
def test_an_address_that_cannot_be_used_is_not_repeated(url: str) -> None:
    error = sent(message(channel=Channel.WEBHOOK, to=HOOK), {HOOK: url})
    assert error
    assert "secret" not in error


def test_apprise_sends_to_what_its_variable_names(capfd: pytest.CaptureFixture[str]) -> None:
    with web_server(Inbox()) as inbox:
        url = inbox.url.replace("http://", f"json://{SECRET}@")
        assert not sent(message(channel=Channel.APPRISE, to=PUSH), {PUSH: url})
        inbox.answers.append(500)
        assert sent(message(channel=Channel.APPRISE, to=PUSH), {PUSH: url}) == (
            "ConnectionError: the service did not take it"
        )
    told = inbox.bodies[0]
    assert told["title"] == "[copml telco-churn] 1 incident"
    assert "0123456789abcdef0123456789abcdef" in told["message"]
    assert "COPML-162" in sent(message(channel=Channel.APPRISE, to=PUSH), {PUSH: f"nonsense://{SECRET}@x"})
    assert "COPML-162" in sent(message(channel=Channel.APPRISE, to=PUSH), {})
    assert "".join(capfd.readouterr()) == ""


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    error = sent(message(channel=Channel.APPRISE, to=PUSH), {PUSH: "json://localhost"})
    assert "pip install 'copml[notify]'" in error


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WEBHOOK])
def test_a_server_that_says_nothing_is_not_waited_for_for_ever(channel: Channel) -> None:
    to = {Channel.EMAIL: "ds@telco.example", Channel.WEBHOOK: HOOK}[channel]
    with silent_server() as port:
        there = {**mailing(f"smtp://127.0.0.1:{port}?tls=none"), HOOK: f"http://127.0.0.1:{port}/secret"}
        assert sent(message(channel=channel, to=to), there, deadline=0.3) == "no answer within 0.3 seconds"


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WEBHOOK])
def test_a_server_that_is_not_there_is_said_to_be_so(channel: Channel) -> None:
    to, port = {Channel.EMAIL: "ds@telco.example", Channel.WEBHOOK: HOOK}[channel], free_port()
    there = {**mailing(f"smtps://{SECRET}@127.0.0.1:{port}"), HOOK: f"http://127.0.0.1:{port}/secret"}
    assert sent(message(channel=channel, to=to), there) == "ConnectionRefusedError: Connection refused"


def test_the_outbox_holds_what_would_be_sent(tmp_path: Path) -> None:
    mail = message_from_bytes(write_out(message(), tmp_path).read_bytes(), policy=policy.default)
    assert mail["To"] == "ds@telco.example"
    hook = write_out(message(channel=Channel.WEBHOOK, to=HOOK), tmp_path)
    assert json.loads(hook.read_text())["notices"][0]["text"] == "Inputs have changed."
    push = write_out(message(channel=Channel.APPRISE, to=PUSH), tmp_path)
    assert "Inputs have changed." in push.read_text()
    assert len(list(tmp_path.iterdir())) == 3
    write_out(message(), tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
