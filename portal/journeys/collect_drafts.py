"""Takes what drafts announced, on its day: looks at the balance again, then charges, once.

Every draft is one transaction, one call, one transaction: killed anywhere, the next run, or the
job that re-reads payments, goes on where this one was. Nothing is charged under a new key before
the old one is known dead.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime
import enum
import threading
import time

import sqlalchemy.exc
import structlog
from sqlalchemy import orm

from portal.domain.billing.operations import allocating
from portal.domain.billing.queries import payable
from portal.domain.billing.rules import paying
from portal.domain.payments import declines, models, rules
from portal.domain.payments.operations import drafting, settling, starting, unapplied
from portal.domain.payments.queries import methods, references
from portal.domain.payments.states import DraftKind, DraftState
from portal.domain.wallet import models as wallet
from portal.domain.wallet import rules as wallet_rules
from portal.gateways import ports
from portal.journeys import (
    context,
    follow_draft,
    follow_mandate,
    off_session,
    pay_invoices,
    settle_payment,
)
from portal.kernel import actor, errors, labels

log = structlog.get_logger("portal.drafts")
WHO = actor.system("collecting drafts")
FLIGHTS = 8  # charges under way at once
RATE = 80  # charges begun a second at most; Stripe allows about 100
SLACK = 1.05
BATCH = 400  # drafts read at once
FAULTS = (sqlalchemy.exc.DBAPIError, errors.DomainError, unapplied.UsedAlready, ValueError)
SILENT_MOST = 20  # answers lost one after the other until the run stops


class Took(enum.StrEnum):
    """What one look at a draft came to."""

    CHARGED = "charged"  # an attempt was made, whatever came of it
    CREDITED = "credited"  # credit paid it
    NOTHING = "nothing"  # nothing was open any more
    BUSY = "busy"  # a payment of its bills is under way: looked at again next time
    OVER = "over"  # no method, or the payer did not confirm
    LOST = "lost"  # no answer came: the payment is unknown and is read again
    NOT_DUE = "not_due"  # somebody else was faster
    FAULT = "fault"  # looking at it failed: the others go on, and it is looked at next time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """How many drafts a run looked at, by what came of them."""

    counts: dict[str, int]

    @property
    def charged(self) -> int:
        """Attempts that were made."""
        return self.counts.get(Took.CHARGED, 0)


def run(
    ctx: context.Context,
    *,
    on: datetime.date,
    flights: int = FLIGHTS,
    rate: float = RATE,
    part: rules.Part = rules.WHOLE,
) -> Report:
    """Attempt every draft of a part that is due up to `on`.

    `flights` are under way at once, `rate` are begun a second at most; several runs may share the
    customers, each with its part. A backup method is tried in the same run. Stops early when Stripe
    does not answer any more; what is left is due still.
    """
    counts: dict[str, int] = {}
    pace = _Pace(rate)
    with concurrent.futures.ThreadPoolExecutor(flights) as pool:
        for payment_id in _unanswered(ctx, part):
            pool.submit(settle_payment.refresh, ctx, payment_id=payment_id, who=WHO)
        busy: set[int] = set()
        for _ in range(2):  # the second round tries the backups of the first
            for batch in _batches(ctx, on, part):
                batch = [draft_id for draft_id in batch if draft_id not in busy]
                found = list(pool.map(lambda i: _attempted(ctx, i, on=on, pace=pace), batch))
                for draft_id, took in zip(batch, found, strict=True):
                    counts[took] = counts.get(took, 0) + 1
                    if took is Took.BUSY:
                        busy.add(draft_id)
                last = found[-SILENT_MOST:]
                if len(last) == SILENT_MOST and all(took is Took.LOST for took in last):
                    log.error("stripe_silent", **counts)
                    return Report(counts=counts)
    log.info("drafts_collected", on=on.isoformat(), **counts)
    return Report(counts=counts)


def _unanswered(ctx: context.Context, part: rules.Part) -> list[int]:
    """Charges of an earlier run that was killed before it heard what became of them."""
    with ctx.database.reading() as session:
        return references.unanswered(session, part=part)


def _batches(ctx: context.Context, on: datetime.date, part: rules.Part):
    after = 0
    while True:
        with ctx.database.reading() as session:
            found = drafting.due(session, on=on, after=after, limit=BATCH, part=part)
        if not found:
            return
        yield found
        after = found[-1]


class _Pace:
    """Lets at most `rate` threads a second go on.

    A little fewer, for calls do not all take as long to arrive as they do to be sent.
    """

    def __init__(self, rate: float) -> None:
        self._gap = SLACK / rate
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._never = threading.Event()

    def wait(self) -> None:
        """Return when it is this thread's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap
        if turn > now:
            self._never.wait(turn - now)


def _attempted(ctx: context.Context, draft_id: int, *, on: datetime.date, pace: _Pace) -> Took:
    """One draft that cannot be looked at keeps none of the others from its day."""
    try:
        return attempt(ctx, draft_id=draft_id, on=on, pace=pace)
    except FAULTS as fault:
        log.error("draft_not_looked_at", draft_id=draft_id, kind=type(fault).__name__)
        return Took.FAULT


def attempt(
    ctx: context.Context, *, draft_id: int, on: datetime.date, pace: _Pace | None = None
) -> Took:
    """Look at one draft and charge what is open of it, if its day has come up to `on`."""
    with ctx.database.unit_of_work() as session:
        draft = drafting.lock_due(session, draft_id=draft_id, on=on)
        if draft is None:
            return Took.NOT_DUE
        took, payment = _prepare(session, ctx, draft)
    if payment is None:
        return took
    if pace is not None:
        pace.wait()
    return _charge(ctx, payment)


def _charge(ctx: context.Context, payment: models.Payment) -> Took:
    try:
        view = off_session.send(ctx, payment)
        settle_payment.absorb(ctx, payment_id=payment.id, view=view, who=WHO)
    except (ports.GatewayUnknown, settling.WrongAmount) as lost:
        log.warning("charge_unknown", payment=payment.number, kind=type(lost).__name__)
        settle_payment.lose(ctx, payment_id=payment.id, who=WHO)
        return Took.LOST
    except ports.GatewayRefused as refused:
        log.warning("charge_refused", payment=payment.number, code=refused.code)
        if refused.code in pay_invoices.MANDATE_OVER:
            _end_mandate(ctx, payment, reason=refused.code)
        settle_payment.give_up(ctx, payment_id=payment.id, code=refused.code, who=WHO)
    return Took.CHARGED


def _end_mandate(ctx: context.Context, payment: models.Payment, *, reason: str) -> None:
    """The account may be debited no more, and its event has not told us yet."""
    with ctx.database.reading() as session:
        method_ref = session.get_one(wallet.PaymentMethod, payment.method_id).stripe_ref
    follow_mandate.over(ctx, method_ref=method_ref, reason=reason, who=WHO)


def _prepare(
    session: orm.Session, ctx: context.Context, draft: models.Draft
) -> tuple[Took, models.Payment | None]:
    """Reserve what is open of the (locked) draft, and write the payment down; or end the draft."""
    locked = drafting.lock_bills(session, draft_id=draft.id)
    numbers = [invoice.number for invoice in locked]
    found = payable.open_invoices(session, customer_id=draft.customer_id, numbers=numbers)
    if starting.holders(session, invoice_ids=[invoice.id for invoice in locked]):
        return Took.BUSY, None
    plan = _plan(session, draft, found, on=ctx.clock.today())
    if plan.pay_cents == 0 and plan.credit_cents == 0:
        return Took.NOTHING, _end(session, ctx, draft, declines.DraftEvent.EMPTY)
    if draft.state is DraftState.ASKING:  # and so its time is over
        return Took.OVER, _miss(session, ctx, draft, plan, is_gone=False)
    method = _method(session, draft)
    if method is None and plan.pay_cents:
        return Took.OVER, _miss(session, ctx, draft, plan, is_gone=True)
    _use_credit(session, ctx, draft, plan, [invoice.id for invoice in found], method)
    if plan.pay_cents == 0:
        return Took.CREDITED, _end(session, ctx, draft, declines.DraftEvent.PAY, outcome="credit")
    return Took.CHARGED, _begin(session, ctx, draft, plan, found, method)


def _plan(
    session: orm.Session,
    draft: models.Draft,
    found: tuple[payable.PayableInvoice, ...],
    *,
    on: datetime.date,
) -> paying.Plan:
    """What is taken now: at most what was announced, the customer's own credit first.

    Too little for any charge is left: the bill stays open, and the next draft has it.
    """
    lines = allocating.open_lines(session, invoice_ids=[invoice.id for invoice in found])
    open_cents = sum(invoice.payable_cents for invoice in found)
    if draft.kind is not DraftKind.SCHEDULED:  # whose payer named the sum themselves
        open_cents -= payable.kept_from_autopay(session, numbers=[i.number for i in found])
    asked = max(min(draft.amount_cents, open_cents), 0)
    takes_credit = draft.kind is DraftKind.AUTOPAY and draft.payer_id is None
    free = pay_invoices.credit_cents(session, customer_id=draft.customer_id) if takes_credit else 0
    credit = min(free, asked)
    if 0 < asked - credit < paying.LEAST_CENTS:
        credit = max(asked - paying.LEAST_CENTS, 0)
    rest = asked - credit
    if rest < paying.LEAST_CENTS:  # and so 0 where credit pays: more than announced may be open
        return paying.Plan(effects=(), credit_cents=credit, pay_cents=0, ahead_cents=0)
    return paying.plan(
        lines,
        wish=paying.Wish(cents=rest, use_credit=credit > 0),
        credit_cents=credit,
        rule=allocating.rule_in_force(session, on=on),
    )


def _method(session: orm.Session, draft: models.Draft) -> wallet.PaymentMethod | None:
    """The method of this attempt, live and allowed; a dead one is passed over for the backup."""
    with session.no_autoflush:  # the draft is written once, with all that this attempt changes
        for _ in range(2):
            had_backup = draft.backup_method_id is not None
            method = session.get_one(wallet.PaymentMethod, drafting.take_method(draft))
            is_live = method.removed_at is None and wallet_rules.is_allowed(method)
            if is_live and not methods.refused_for_good(
                session, customer_id=draft.customer_id, method_ids=[method.id]
            ):
                return method
            draft.outcome = draft.outcome or declines.METHOD_GONE
            if not had_backup or draft.backup_method_id is None:
                break
    return None


def _use_credit(
    session: orm.Session,
    ctx: context.Context,
    draft: models.Draft,
    plan: paying.Plan,
    invoice_ids: list[int],
    method: wallet.PaymentMethod | None,
) -> None:
    if not plan.credit_cents:
        return
    unapplied.use(
        session,
        customer_id=draft.customer_id,
        invoice_ids=sorted(invoice_ids),
        cents=plan.credit_cents,
        key=f"draft:{_try(draft, method)}",
        now=ctx.clock.now(),
        today=ctx.clock.today(),
        who=WHO,
    )


def _try(draft: models.Draft, method: wallet.PaymentMethod | None) -> str:
    """The name of this attempt: the backup is tried under the number of the one before it.

    So is credit alone, where no method is left: the one before may have used credit too.
    """
    if method is None:
        return f"{draft.number}:{draft.attempts}c"
    return f"{draft.number}:{draft.attempts}{'b' if method.id != draft.method_id else ''}"


def _begin(
    session: orm.Session,
    ctx: context.Context,
    draft: models.Draft,
    plan: paying.Plan,
    found: tuple[payable.PayableInvoice, ...],
    method: wallet.PaymentMethod,
) -> models.Payment:
    parts = {effect.invoice_no: effect.from_payment_cents for effect in plan.effects}
    draft.first_tried_on = draft.first_tried_on or ctx.clock.today()
    follow_draft.step(session, ctx, draft=draft, event=declines.DraftEvent.ATTEMPT, who=WHO)
    return starting.begin(
        session,
        customer_id=draft.customer_id,
        shares=[
            starting.Share(
                invoice_id=invoice.id, invoice_no=invoice.number, cents=parts[invoice.number]
            )
            for invoice in found
            if parts.get(invoice.number)
        ],
        once_key=_try(draft, method),
        method_id=method.id,
        method_label=labels.of_method(method),
        save_method=False,
        draft_id=draft.id,
        payer_id=draft.payer_id,
        is_off_session=True,
        now=ctx.clock.now(),
        rng=ctx.rng,
    )


def _end(
    session: orm.Session,
    ctx: context.Context,
    draft: models.Draft,
    event: declines.DraftEvent,
    *,
    outcome: str = "",
) -> None:
    follow_draft.step(session, ctx, draft=draft, event=event, outcome=outcome, who=WHO)


def _miss(
    session: orm.Session,
    ctx: context.Context,
    draft: models.Draft,
    plan: paying.Plan,
    *,
    is_gone: bool,
) -> None:
    missing = plan.pay_cents + plan.credit_cents
    follow_draft.miss(session, ctx, draft=draft, amount_cents=missing, is_gone=is_gone, who=WHO)
