"""What an error of SMTP means for a mail: try later, never again, or nobody knows."""

import pytest
from aiosmtplib import (
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from app.mailer.connections import pause
from app.mailer.outcome import Doubtful, Later, Refused, judge


@pytest.mark.parametrize("code", [450, 451, 452, 400])
def test_a_code_from_400_on_is_for_now(code: int) -> None:
    assert judge(SMTPDataError(code, "busy"), unanswered=False) == Later(f"{code} busy", away=False)


@pytest.mark.parametrize("code", [500, 550, 552, 554])
def test_a_code_from_500_on_is_for_good(code: int) -> None:
    refused = SMTPRecipientsRefused([SMTPRecipientRefused(code, "no", "ada@shop.example")])
    assert judge(refused, unanswered=False) == Refused(f"{code} no")


@pytest.mark.parametrize("code", [421, 454, 530, 535])
def test_what_is_said_of_us_or_of_the_server_is_no_mails_fault(code: int) -> None:
    assert judge(SMTPSenderRefused(code, "no", "a@b.example"), unanswered=False) == Later(f"{code} no", away=True)


def test_a_lost_connection_leaves_doubt_only_after_the_content() -> None:
    lost = SMTPServerDisconnected("lost")
    assert judge(lost, unanswered=False) == Later("lost", away=True)
    assert judge(lost, unanswered=True) == Doubtful("lost")


def test_an_address_that_the_server_cannot_be_told_is_refused() -> None:
    assert isinstance(judge(SMTPNotSupported("no SMTPUTF8"), unanswered=False), Refused)
    assert isinstance(judge(ValueError("bad"), unanswered=False), Refused)


def test_pauses_double_and_end_at_half_a_minute() -> None:
    assert [pause(number) for number in (1, 2, 3, 7, 8, 5000)] == [0.5, 1.0, 2.0, 30.0, 30.0, 30.0]
