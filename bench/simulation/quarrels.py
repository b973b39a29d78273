"""What people quarrel about: disputes raised, withdrawn, reopened, and how the desk ends them."""

from __future__ import annotations

from bench.simulation import life
from portal.domain.approvals import queries as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.disputes import categories
from portal.domain.disputes.operations import deciding
from portal.domain.disputes.rules import MoneyAction, Outcome
from portal.journeys import (
    money_actions,
    open_dispute,
    reissue_refund,
    resolve_dispute,
    work_dispute,
)

C = categories.Category
ABOUT_BILLS = (C.WRONG_AMOUNT, C.FEE, C.RATE_INCREASE, C.SOMETHING_ELSE, C.WRONG_PET_OR_POLICY)
ABOUT_PAYMENTS = (C.CHARGED_TWICE, C.PAYMENT_NOT_CREDITED, C.REFUND_NOT_RECEIVED)
FREED = ("", money_actions.BY_CREDIT, money_actions.BY_TAKING_BACK)
DECIDED_BY = {  # the kind of a request -> how a supervisor agrees, and how it is sent back
    approval_rules.RESOLUTION: (
        resolve_dispute.approve_resolution,
        resolve_dispute.return_resolution,
    ),
    approval_rules.FAILED_REFUND: (reissue_refund.approve, reissue_refund.send_back),
}
_BILLS = "SELECT number, customer_id FROM invoice ORDER BY id DESC LIMIT 40"
_PAID = """
    SELECT number, customer_id, amount_cents FROM payment
    WHERE state = 'settled' ORDER BY id DESC LIMIT 40
"""
_CASES = """
    SELECT number, customer_id, version, state, invoice_no, payment_no, disputed_cents
    FROM dispute WHERE state IN ('new', 'open', 'reopened', 'waiting_customer') ORDER BY id
"""
_CLOSED = """
    SELECT number, customer_id FROM dispute WHERE state IN ('resolved', 'withdrawn') ORDER BY id
"""
_WAITING = "SELECT number FROM approval WHERE state = 'pending' ORDER BY id"


def raise_one(one: life.Life) -> None:
    """A customer says that a bill, or a payment, is wrong; perhaps twice by the same form."""
    about_payment = one.rng.random() < 0.5
    found = one.row(_PAID if about_payment else _BILLS)
    if found is None:
        return
    person = next(p for p in one.people if p.id == found.customer_id)
    given = {
        "customer_id": person.id,
        "category": one.rng.choice(ABOUT_PAYMENTS if about_payment else ABOUT_BILLS),
        "payment_no" if about_payment else "invoice_no": found.number,
        "words": "This does not look right.",
        "once_key": one.key(),
        "who": person.who,
    }
    if not about_payment and one.rng.random() < 0.5:
        given["line_numbers"] = (1,)
    for _ in range(1 if one.rng.random() < 0.9 else 2):
        one.happen("dispute", lambda: open_dispute.raise_dispute(one.ctx, **given))


def take_back(one: life.Life) -> None:
    """The customer withdraws a case, or opens a closed one again."""
    reopens = one.rng.random() < 0.5
    found = one.row(_CLOSED if reopens else _CASES)
    if found is None:
        return
    person = next(p for p in one.people if p.id == found.customer_id)
    mine = {"number": found.number, "customer_id": person.id, "who": person.who}
    if reopens:
        one.happen(
            "reopen",
            lambda: work_dispute.reopen(one.ctx, words="Not so.", once_key=one.key(), **mine),
        )
    else:
        one.happen("withdraw", lambda: work_dispute.withdraw(one.ctx, **mine))


def decide(one: life.Life) -> None:
    """A specialist takes a case and ends it, with or without money."""
    case = one.row(_CASES)
    if case is None:
        return
    who = one.staff.specialist
    if case.state != "open":
        one.happen(
            f"take {case.number}",
            lambda: work_dispute.take(one.ctx, number=case.number, version=None, who=who),
        )
    decision = _decision(one, case)
    seen = one.happen(
        f"preview {decision.action} {decision.amount_cents}",
        lambda: resolve_dispute.preview(one.ctx, number=case.number, decision=decision),
    )
    if seen is None or seen == life.KILLED:
        return
    for _ in range(1 if one.rng.random() < 0.9 else 2):
        done = one.happen(
            f"resolve {case.number}",
            lambda: resolve_dispute.resolve(
                one.ctx,
                number=case.number,
                version=seen.version,
                decision=decision,
                plan_version=seen.plan_version,
                who=who,
            ),
        )
        if isinstance(done, resolve_dispute.Resolved) and done.approval_no:
            approve(one)


def approve(one: life.Life) -> None:
    """A supervisor agrees to what waits, or sends it back."""
    waiting = one.row(_WAITING)
    if waiting is not None:
        decide_request(one, waiting.number)


def decide_request(one: life.Life, number: str) -> None:
    """A supervisor agrees to this request, or sends it back; perhaps presses twice."""
    with one.ctx.database.reading() as session:
        asked = approvals.by_number(session, number=number)
    agrees, returns = DECIDED_BY[asked.kind]
    if one.rng.random() < 0.15:
        one.happen(
            "return",
            lambda: returns(
                one.ctx, approval_no=asked.number, reason="No.", who=one.staff.supervisor
            ),
        )
        return
    for _ in range(1 if one.rng.random() < 0.9 else 2):
        one.happen(
            f"approve {asked.number}",
            lambda: agrees(
                one.ctx,
                approval_no=asked.number,
                facts_version=approval_rules.facts_version(asked.facts),
                who=one.staff.supervisor,
            ),
        )


def _decision(one: life.Life, case) -> deciding.Decision:
    words = {"answer": "We looked at it.", "reason": "As it was."}
    draw = one.rng.random()
    payment_no = case.payment_no
    if payment_no is None:
        paid = one.row(
            "SELECT DISTINCT source FROM allocation a JOIN invoice_line l ON l.id = a.line_id"
            " JOIN invoice i ON i.id = l.invoice_id"
            " WHERE i.number = :number AND a.source LIKE 'PAY-%' ORDER BY 1",
            number=case.invoice_no,
        )
        payment_no = paid.source if paid else None
    if draw < 0.65 and payment_no:
        return deciding.Decision(
            outcome=Outcome.UPHELD,
            action=MoneyAction.REFUND,
            amount_cents=_cents(one, payment_no),
            payment_no=payment_no,
            freed_by=one.rng.choices(FREED, (1, 5, 5))[0],
            **words,
        )
    if draw < 0.85:
        return deciding.Decision(
            outcome=Outcome.PARTLY_UPHELD,
            action=MoneyAction.CREDIT,
            amount_cents=one.rng.randint(1, 4_000),
            **words,
        )
    return deciding.Decision(outcome=Outcome.DECLINED, **words)


def _cents(one: life.Life, payment_no: str) -> int:
    most = one.row("SELECT amount_cents FROM payment WHERE number = :no", no=payment_no)
    return one.rng.choice((most.amount_cents, one.rng.randint(1, most.amount_cents)))
