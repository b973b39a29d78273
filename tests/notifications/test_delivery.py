"""A mail is queued with its fact, goes out once, and is tried again while that may help."""

import datetime
import email
import email.policy

import pytest
import sqlalchemy as sa

from portal.domain.notifications import models, operations, queries
from portal.gateways import ports
from portal.journeys import deliver_mail, telling
from tests.support import people


class Refusing:
    """A mail server that says no."""

    def __init__(self, *, permanent):
        self.permanent = permanent

    def send(self, mail):
        raise ports.MailNotSent("SMTP 451", permanent=self.permanent)


class Stop(Exception):
    """The process dies here."""


def queue(ctx, *, key="link:1", secret=True, **given):
    with ctx.database.unit_of_work() as session:
        return tell(session, ctx, key=key, secret=secret, **given)


def tell(session, ctx, **given):
    return telling.tell(
        session,
        ctx,
        template="sign_in_link",
        recipient="maria@example.test",
        language="en",
        name="Maria",
        link="https://pay.example.test/sign-in/link/abc",
        **given,
    )


def mail(ctx):
    with ctx.database.reading() as session:
        return session.scalars(sa.select(models.Mail)).one()


def jobs(ctx):
    with ctx.database.reading() as session:
        return session.execute(
            sa.text("SELECT task_name, args, scheduled_at FROM procrastinate_jobs ORDER BY id")
        ).all()


def files(settings):
    return sorted((settings.var / "mail").glob("*.eml"))


def test_a_mail_and_its_job_are_queued_in_the_callers_transaction(quiet_ctx):
    assert queue(quiet_ctx)
    assert mail(quiet_ctx).state == "queued"
    assert [(j.task_name, j.args) for j in jobs(quiet_ctx)] == [
        ("deliver_mail", {"mail_id": mail(quiet_ctx).id})
    ]


def test_a_rollback_leaves_neither_mail_nor_job(quiet_ctx):
    def fail():
        with quiet_ctx.database.unit_of_work() as session:
            tell(session, quiet_ctx, key="link:1", secret=True)
            raise Stop

    with pytest.raises(Stop):
        fail()
    assert jobs(quiet_ctx) == []
    with quiet_ctx.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(models.Mail)) == 0


def test_the_same_fact_is_told_once(quiet_ctx):
    assert queue(quiet_ctx)
    assert not queue(quiet_ctx)
    assert len(jobs(quiet_ctx)) == 1


def test_a_mail_goes_out_once_however_often_its_job_runs(quiet_ctx, settings):
    queue(quiet_ctx)
    row = mail(quiet_ctx)
    for _ in range(3):
        deliver_mail.deliver(quiet_ctx, mail_id=row.id)
    sent = mail(quiet_ctx)
    assert (sent.state, sent.attempts) == ("sent", 1)
    assert sent.sent_at == quiet_ctx.clock.now()
    [path] = files(settings)
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message["To"] == "maria@example.test"
    assert message["Subject"] == "Your link to sign in"
    assert message["Message-ID"] == deliver_mail.message_id("link:1", sender=quiet_ctx.mail_from)
    assert "/sign-in/link/abc" in message.get_body(("plain",)).get_content()


def test_a_mail_sent_but_not_written_down_carries_the_same_message_id(quiet_ctx, settings):
    queue(quiet_ctx)
    row = mail(quiet_ctx)

    class Dying:
        def send(self, outgoing):
            quiet_ctx.mail.send(outgoing)
            raise Stop

    dying = type(quiet_ctx)(**{**vars(quiet_ctx), "mail": Dying()})
    with pytest.raises(Stop):
        deliver_mail.deliver(dying, mail_id=row.id)
    assert mail(quiet_ctx).state == "queued"
    deliver_mail.deliver(quiet_ctx, mail_id=row.id)
    assert mail(quiet_ctx).state == "sent"
    assert len(files(settings)) == 1


@pytest.mark.parametrize("secret", [True, False])
def test_the_words_of_a_secret_mail_are_blanked_once_it_went_out(quiet_ctx, secret):
    queue(quiet_ctx, secret=secret)
    deliver_mail.deliver(quiet_ctx, mail_id=mail(quiet_ctx).id)
    row = mail(quiet_ctx)
    assert (row.text == "" and row.html == "") is secret
    assert row.subject


def test_a_failure_that_may_pass_is_tried_again_later(quiet_ctx):
    queue(quiet_ctx)
    busy = type(quiet_ctx)(**{**vars(quiet_ctx), "mail": Refusing(permanent=False)})
    deliver_mail.deliver(busy, mail_id=mail(quiet_ctx).id)
    row = mail(quiet_ctx)
    assert (row.state, row.attempts, row.error) == ("queued", 1, "SMTP 451")
    assert row.text
    again = jobs(quiet_ctx)[-1]
    assert again.scheduled_at == quiet_ctx.clock.now() + datetime.timedelta(minutes=1)
    deliver_mail.deliver(quiet_ctx, mail_id=row.id)
    assert (mail(quiet_ctx).state, mail(quiet_ctx).error) == ("sent", "")


def test_a_lasting_refusal_fails_the_mail_at_once(quiet_ctx):
    queue(quiet_ctx)
    refusing = type(quiet_ctx)(**{**vars(quiet_ctx), "mail": Refusing(permanent=True)})
    deliver_mail.deliver(refusing, mail_id=mail(quiet_ctx).id)
    row = mail(quiet_ctx)
    assert (row.state, row.attempts, row.text) == ("failed", 1, "")
    assert len(jobs(quiet_ctx)) == 1


def test_trying_ends_after_the_last_attempt(quiet_ctx):
    queue(quiet_ctx)
    busy = type(quiet_ctx)(**{**vars(quiet_ctx), "mail": Refusing(permanent=False)})
    for _ in range(operations.MAX_ATTEMPTS + 2):
        deliver_mail.deliver(busy, mail_id=mail(quiet_ctx).id)
    row = mail(quiet_ctx)
    assert (row.state, row.attempts) == ("failed", operations.MAX_ATTEMPTS)


def test_mails_are_found_by_customer_and_by_number(quiet_ctx):
    customer = people.make_customer(quiet_ctx.database)
    queue(quiet_ctx, key="a", customer_id=customer.id, subject_no="INV-1")
    queue(quiet_ctx, key="b", customer_id=customer.id)
    queue(quiet_ctx, key="c", subject_no="INV-1")
    with quiet_ctx.database.reading() as session:
        mine = queries.of_customer(session, customer_id=customer.id)
        about = queries.of_subject(session, subject_no="INV-1")
    assert [view.subject_no for view in mine] == ["", "INV-1"]
    assert len(about) == 2
    assert {view.state for view in mine} == {"queued"}


def test_a_mail_about_a_number_shows_it_to_quote(quiet_ctx):
    queue(quiet_ctx, subject_no="PAY-7K3MQ2XW9TV")
    assert "Number to quote: PAY-7K3MQ2XW9TV" in mail(quiet_ctx).text
