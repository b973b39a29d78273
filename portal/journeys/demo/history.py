"""Makes the demo's insurer: hires, enrols, and lives every day by the journeys the product has.

Each day ends with the night's work: bills, earning, fees, abandoned payments, refunds. What it
makes is the same for the same day, seed and size, but for Stripe's own references.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable

import sqlalchemy as sa

from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.disputes import models as disputes
from portal.domain.identity import models as identity
from portal.domain.identity.operations import customers, passwords, staff
from portal.domain.notifications import models as notifications
from portal.domain.payments import models as payments
from portal.domain.payments.operations import drafting
from portal.domain.payments.states import RefundState
from portal.domain.policies import models as policies
from portal.journeys import (
    announce_drafts,
    check_books,
    collect_drafts,
    context,
    earn_premium,
    enrol,
    post_fees,
    recheck_refunds,
    run_billing,
    send_refund,
    sweep_intents,
)
from portal.journeys.demo import (
    cases,
    casting,
    own_autopay,
    own_cases,
    own_changes,
    own_people,
    payers,
    people,
    post,
    roster,
    script,
)
from portal.journeys.demo.stage import Browser, Player, Scene, Stage
from portal.kernel import actor, business_clock, calendars, clock, errors

PASSWORD = "demo-password-2026"  # the demo's people live on this machine only
MARKER = "demo.seeded"
WHO = actor.system("demo")
DAY = datetime.timedelta(days=1)
RENEW_AHEAD = datetime.timedelta(days=40)
MAILS_KEPT = datetime.timedelta(days=45)  # of older ones the outbox keeps no copy
BANKS_GIVE_BACK = datetime.timedelta(days=5)
SEED = 2026


class NotEmpty(errors.DomainError):
    """The database has customers: the demo is filled into an empty one."""

    code = "demo_not_empty"
    message = "The database has customers already."


class HalfFilled(NotEmpty):
    """An earlier filling did not come to its end."""

    code = "demo_half_filled"
    message = "An earlier filling of this database was interrupted."


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size:
    """How many customers with a long past and with three months, how many of them with two pets.

    `long_months` are full months of cover; the history begins up to six weeks before them.
    """

    long: int = 40
    short: int = 80
    second_pets: int = 40
    long_months: int = 13


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """What there is at the end; `proofs` are those of the books, which must all hold."""

    counts: dict[str, int]
    proofs: tuple[check_books.Proof, ...]


def refuse_filled(ctx: context.Context) -> None:
    """Raise NotEmpty when there are customers, HalfFilled when an earlier filling broke off."""
    with ctx.database.reading() as session:
        if not session.scalar(sa.select(sa.exists().select_from(identity.Customer))):
            return
        done = session.scalar(
            sa.text("SELECT EXISTS (SELECT FROM audit_event WHERE action = :marker)"),
            {"marker": MARKER},
        )
    raise NotEmpty() if done else HalfFilled()


def make(
    ctx: context.Context,
    *,
    standing: clock.SetClock,
    browser: Browser,
    work: Callable[[], None],
    size: Size,
    progress: Callable[[datetime.date], None],
) -> Summary:
    """Fill an empty database with the past of the day on which `standing` stands.

    `ctx` has that clock, and a seeded `rng`; `work` runs the jobs that were queued; `progress` is
    told each new month. The history ends as that day begins. Raises NotEmpty, HalfFilled.
    """
    refuse_filled(ctx)
    today = standing.today()
    own = own_people.draw(today=today, long_months=size.long_months)
    others = roster.draw(
        ctx.rng,
        today=today,
        long=size.long - own_people.LONG,
        short=size.short - own_people.SHORT,
        second_pets=size.second_pets - own_people.SECOND_PETS,
        long_months=size.long_months,
    )
    households = (*own, *others)
    end = clock.start_of(today, standing.zone)
    first = min(household.joined_on for household in households)
    standing.set(clock.start_of(first, standing.zone))
    stage = Stage(ctx=ctx, standing=standing, browser=browser, work=work, end=end)
    play = _Play(stage, households)
    play.begin()
    day = first
    while day < today:
        if day.day == 1 or day == first:
            progress(day)
        play.live(day)
        day += DAY
    play.last_night()
    return Summary(counts=_counts(ctx), proofs=check_books.run(ctx))


class _Play:
    """The history from its first day to its last."""

    def __init__(self, stage: Stage, households: tuple[roster.Household, ...]) -> None:
        self._stage = stage
        self._ctx = stage.ctx
        self._households = households
        self._password_hash = passwords.hashed(PASSWORD)
        self._outbox = post.Outbox(stage.ctx.mail)
        self._company = casting.Company(players={})
        self._desk = cases.Desk(specialists=(), supervisor=WHO)

    def begin(self) -> None:
        """Hire the staff, and put everybody's entrance and every case on the calendar."""
        self._desk = self._hire()
        for household in self._households:
            at = self._stage.at(household.joined_on, 9, len(household.email) * 7 % 60)
            self._stage.enter(at, self._join(household))
        self._put_cases_on()

    def live(self, day: datetime.date) -> None:
        """One day, whose night's work comes first."""
        stage = self._stage
        stage.run_until(stage.at(day, 4, 10))
        self._night(day)
        stage.run_until(clock.start_of(day + DAY, stage.hours.zone))

    def last_night(self) -> None:
        """What the night before today's first hour does, and the mark that all is there."""
        self._night(self._stage.today)
        with self._ctx.database.unit_of_work() as session:
            audit.record(session, who=WHO, action=MARKER, subject="demo", now=self._stage.now)

    def _night(self, day: datetime.date) -> None:
        """Mails and fees of yesterday, what is unfinished, then the new day's bills and earning."""
        stage = self._stage
        if stage.fees_wait or stage.now <= stage.watched_until:
            stage.at_stripe()
        if stage.fees_wait:
            post_fees.run(self._ctx)
            stage.fees_wait = False
        if stage.now <= stage.watched_until:
            sweep_intents.run(self._ctx)
            recheck_refunds.run(self._ctx)
            self._hear_of_returned_refunds()
        if self._has_bills_for(day):
            run_billing.run(self._ctx, on=day)
            self._expect_payments(day)
        if stage.has_autopay:
            self._take_by_itself(day)
        earn_premium.run(self._ctx, on=day)
        self._outbox.keeps = day > stage.last_day - MAILS_KEPT
        post.deliver_all(self._ctx, sender=self._outbox)

    def _take_by_itself(self, day: datetime.date) -> None:
        """What autopay announces on a day, and what it takes."""
        announce_drafts.run(self._ctx, on=day)
        with self._ctx.database.reading() as session:
            waits = bool(drafting.due(session, on=day, limit=1))
        if waits:
            self._stage.at_stripe()
            collect_drafts.run(self._ctx, on=day, flights=1)  # one after the other, in order
            self._stage.fees_wait = True

    def _has_bills_for(self, day: datetime.date) -> bool:
        with self._ctx.database.reading() as session:
            waiting = sa.exists().where(
                billing.Installment.issue_on <= day, billing.Installment.invoice_id.is_(None)
            )
            return bool(session.scalar(sa.select(waiting)))

    def _hear_of_returned_refunds(self) -> None:
        """No event reaches the history, so refunds that a bank gave back late are read again."""
        since = self._stage.now - BANKS_GIVE_BACK
        with self._ctx.database.reading() as session:
            found = session.execute(
                sa.select(payments.Refund.id, payments.Refund.stripe_ref)
                .where(payments.Refund.state == RefundState.SUCCEEDED)
                .where(payments.Refund.sent_at > since)
                .order_by(payments.Refund.id)
            ).all()
        for refund_id, ref in found:
            view = self._ctx.payments.read_refund(ref)
            send_refund.absorb(self._ctx, refund_id=refund_id, view=view, who=send_refund.WHO)

    def _expect_payments(self, day: datetime.date) -> None:
        """Every new bill has its owner come and pay it, in the owner's way."""
        with self._ctx.database.reading() as session:
            issued = session.execute(
                sa.select(billing.Invoice.customer_id, billing.Invoice.due_on)
                .where(billing.Invoice.issued_on == day)
                .order_by(billing.Invoice.id)
            ).all()
        for customer_id, due_on in dict.fromkeys((row[0], row[1]) for row in issued):
            player, household = self._company.players[customer_id]
            at = payers.moment_to_pay(self._stage, household, due_on)
            if at is not None:
                self._stage.enter(at, payers.pay(self._stage, player, household, due_on))

    def _hire(self) -> cases.Desk:
        made: dict[str, actor.Actor] = {}
        with self._ctx.database.unit_of_work() as session:
            for person in people.STAFF:
                row = staff.add_staff(
                    session,
                    email=person.email,
                    name=person.name,
                    role=person.role,
                    now=self._stage.now,
                    who=WHO,
                )
                passwords.store(session, password_hash=self._password_hash, staff_id=row.id)
                made[person.email] = actor.Actor(
                    kind=actor.ActorKind.STAFF, label=row.name, id=row.id, role=str(row.role)
                )
        roles = {person.email: person.role for person in people.STAFF}
        return cases.Desk(
            specialists=[
                who for email, who in made.items() if roles[email] is identity.Role.SPECIALIST
            ],
            supervisor=next(
                who for email, who in made.items() if roles[email] is identity.Role.SUPERVISOR
            ),
        )

    def _join(self, household: roster.Household) -> Scene:
        """Become a customer, with the first pet; later the second, the account, the renewals."""
        stage = self._stage
        first_on = household.joined_on + roster.ENROL_AHEAD
        with self._ctx.database.unit_of_work() as session:
            row = customers.create_customer(
                session,
                first_name=household.first_name,
                last_name=household.last_name,
                email=household.email,
                street=household.street,
                city=household.town.city,
                state=household.town.state,
                zip_code=household.town.zip_code,
                phone=household.phone,
                language=household.language,
                now=stage.now,
                who=WHO,
                rng=self._ctx.rng,
            )
        player = Player(customer_id=row.id, name=f"{row.first_name} {row.last_name}")
        self._company.players[row.id] = (player, household)
        for animal in household.animals:
            at = stage.now + (animal.effective_on - first_on)
            stage.enter(at, self._insure(player, household, animal))
        yield stage.now + datetime.timedelta(hours=31)
        with self._ctx.database.unit_of_work() as session:
            passwords.activate(session, customer_id=row.id, now=stage.now)
            if household.part:
                passwords.store(session, password_hash=self._password_hash, customer_id=row.id)

    def _insure(self, player: Player, household: roster.Household, animal: roster.Animal) -> Scene:
        """Take one pet on, and renew its term as long as the history lasts."""
        stage, premium = self._stage, animal.premium_cents
        with self._ctx.database.unit_of_work() as session:
            policy = enrol.enrol_policy(
                session,
                self._ctx,
                customer_id=player.customer_id,
                pet_name=animal.name,
                species=animal.species,
                breed=animal.breed,
                born_on=animal.born_on,
                us_state=household.town.state,
                received_on=animal.effective_on,
                terms=roster.terms(household, animal, 0, premium),
                who=WHO,
            )
        for year in range(1, 3):
            renews_on = calendars.add_months(animal.effective_on, 12 * year)
            yield stage.at(renews_on - RENEW_AHEAD, 10)
            if policy.policy_no in self._company.ended:
                return
            premium = premium * household.renewal_per_cent // 100
            with self._ctx.database.unit_of_work() as session:
                terms = roster.terms(household, animal, year, premium)
                enrol.begin_term(
                    session, self._ctx, policy_id=policy.policy_id, terms=terms, who=WHO
                )

    def _put_cases_on(self) -> None:
        stage, company, desk = self._stage, self._company, self._desk
        noon = stage.at(stage.last_day, 12)
        for turn, line in enumerate(script.CLOSED):
            day = stage.last_day - datetime.timedelta(days=int(line.ago))
            scene = cases.play(stage, company, desk, line, turn=turn)
            stage.enter(stage.at(day, 8 + turn % 11, turn * 13 % 60), scene)
        for turn, line in enumerate(script.OPEN):
            scene = cases.play(stage, company, desk, line, turn=turn)
            stage.enter(_back(stage.hours, noon, line.ago), scene)
        for turn, (days, is_resolved) in enumerate(script.PAID_MEANWHILE):
            day = calendars.WORK.on_or_after(stage.last_day - datetime.timedelta(days=days))
            scene = own_cases.paid_meanwhile(
                stage, company, desk, is_resolved=is_resolved, turn=turn
            )
            stage.enter(stage.at(day, 10, 20), scene)
        maria_on = stage.last_day - datetime.timedelta(days=126)
        stage.enter(stage.at(maria_on, 19, 12), own_cases.maria(stage, company, desk))
        stage.enter(_back(stage.hours, noon, 22.4), own_cases.lee(stage, company, desk))
        for part, days in own_autopay.AGO.items():
            joins_on = stage.last_day - datetime.timedelta(days=days)
            stage.enter(stage.at(joins_on, 20, 15), own_autopay.play(stage, company, part))
        own_changes.put_on(stage, company, desk.specialists[0])


def _back(
    hours: business_clock.BusinessClock, from_: datetime.datetime, ago: float
) -> datetime.datetime:
    """The moment from which `ago` business hours lead up to `from_`."""
    return hours.due_at(from_, -datetime.timedelta(hours=ago))


def _counts(ctx: context.Context) -> dict[str, int]:
    tables = (
        identity.Customer,
        policies.Pet,
        billing.Invoice,
        payments.Payment,
        payments.Refund,
        disputes.Dispute,
        notifications.Mail,
    )
    with ctx.database.reading() as session:
        return {
            table.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in tables
        }
