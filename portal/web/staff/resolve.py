"""Deciding a case: the form, then a preview of all that it does, then the deed itself."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import werkzeug.exceptions

from portal.documents import formats
from portal.domain.disputes import rules
from portal.domain.disputes.operations import deciding, raising, stepping
from portal.domain.payments import rules as payment_rules
from portal.journeys import decision_facts, money_actions, resolve_dispute
from portal.kernel import errors, ids, money, paging
from portal.web.shared import numbers, sentences, site
from portal.web.staff import case_view, decision_view, frame, links

bp = flask.Blueprint("desk_resolve", __name__)
UNPROCESSABLE = 422
CONFLICT = 409
OUTCOMES = (
    rules.Outcome.UPHELD,
    rules.Outcome.PARTLY_UPHELD,
    rules.Outcome.DECLINED,
)


@dataclasses.dataclass(kw_only=True)
class Typed:
    """The form as it was typed, with the errors beside its fields (`""` stands above)."""

    outcome: str = ""
    action: str = "none"
    amount: str = ""
    payment_no: str = ""
    freed_by: str = ""
    answer: str = ""
    reason: str = ""
    version: int = 0
    seen_at: datetime.datetime | None = None
    errors: dict[str, str] = dataclasses.field(default_factory=dict)


@bp.get("/desk/disputes/<number>/resolve")
def show(number: str) -> str:
    """The form, filled in with what the case is about, or a refund of the payment asked for."""
    screen = frame.found(case_view.screen(numbers.wanted(number, ids.Prefix.DISPUTE)))
    typed = Typed(version=screen.head.version, seen_at=site.ctx().clock.now())
    if screen.head.disputed_cents:
        typed.amount = formats.figure(screen.head.disputed_cents)
    asked = flask.request.args.get("payment_no", "")
    for payment in screen.payments:
        if payment.settled_at is not None and payment.number in (asked, screen.head.payment_no):
            typed.payment_no = payment.number
        if payment.number == asked and payment.unapplied_cents:
            typed.action, typed.outcome = "refund", "upheld"
            typed.amount = formats.figure(payment.unapplied_cents)
            break
    return _form(screen, typed)


@bp.post("/desk/disputes/<number>/resolve")
def decide(number: str) -> flask.typing.ResponseReturnValue:
    """Preview the decision, go back to its form, or (step "do") carry it out."""
    typed, step = _typed(), flask.request.form.get("step", "preview")
    numbers.wanted(number, ids.Prefix.DISPUTE)
    if step == "edit":
        return _form(frame.found(case_view.screen(number)), typed)
    decision = _decision(typed)
    if decision is None:
        return _form(frame.found(case_view.screen(number)), typed), UNPROCESSABLE
    if step == "do":
        return _do(number, typed, decision)
    return _preview(number, typed, decision)


def _preview(
    number: str, typed: Typed, decision: deciding.Decision, *, refused: str = ""
) -> flask.typing.ResponseReturnValue:
    try:
        seen = resolve_dispute.preview(site.ctx(), number=number, decision=decision)
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        typed.errors[_field_of(error)] = sentences.said(error)
        return _form(frame.found(case_view.screen(number)), typed), UNPROCESSABLE
    screen = frame.found(case_view.screen(number))
    changed = _changed(screen, typed) if typed.version != seen.version else ()
    facts = decision_facts.of(seen)
    page = frame.page(
        "resolve_preview.html",
        case=screen,
        typed=dataclasses.replace(typed, version=seen.version),
        seen_at=site.ctx().clock.now().isoformat(),
        decision=decision_view.of(facts, lifted_holds=seen.lifted_holds),
        needs_second=seen.needs_second,
        limit_cents=rules.SECOND_PERSON_ABOVE_CENTS,
        plan_version=seen.plan_version,
        letter_text=decision_view.mail(
            facts,
            number=number,
            language=screen.person.language,
            first_name=screen.person.first_name,
        ),
        refused=refused,
        changed=changed,
        address=f"/desk/disputes/{number}",
    )
    return page, CONFLICT if refused else 200


def _do(number: str, typed: Typed, decision: deciding.Decision) -> flask.typing.ResponseReturnValue:
    try:
        done = resolve_dispute.resolve(
            site.ctx(),
            number=number,
            version=typed.version,
            decision=decision,
            plan_version=flask.request.form.get("plan_version", ""),
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        return _preview(number, typed, decision, refused=sentences.said(error))
    if done.approval_no:
        flask.flash(flask_babel.gettext("Asked. It waits for a second person now."), "wait")
        return flask.redirect(links.href(done.approval_no))
    flask.flash(flask_babel.gettext("Decided, and the customer is told."), "good")
    return flask.redirect(f"/desk/disputes/{number}")


def _form(screen: case_view.Screen, typed: Typed) -> str:
    if "resolve" not in screen.may:
        flask.flash(flask_babel.gettext("This case cannot be decided now."), "wait")
    return frame.page(
        "resolve.html",
        case=screen,
        typed=typed,
        paid=[p for p in screen.payments if p.settled_at is not None],
        outcomes=OUTCOMES,
        address=f"/desk/disputes/{screen.head.number}",
    )


def _typed() -> Typed:
    form = flask.request.form
    texts = ("outcome", "action", "amount", "payment_no", "freed_by", "answer", "reason")
    return Typed(
        **{name: form.get(name, "") for name in texts},
        version=frame.version(),
        seen_at=paging.moment(form.get("seen_at", "")),
    )


def _decision(typed: Typed) -> deciding.Decision | None:
    """What was typed as a decision, or None with the errors written beside the fields."""
    if typed.outcome not in OUTCOMES:
        typed.errors["outcome"] = flask_babel.gettext("Choose how the case ends.")
    if typed.action not in rules.OFFERED:
        typed.errors["action"] = flask_babel.gettext("Choose what happens with money.")
    moves = typed.action in ("credit", "refund")
    cents = 0
    if moves:
        try:
            cents = money.Money.parse(typed.amount).cents
        except money.MoneyError as error:
            typed.errors["amount"] = sentences.said(error)
    if typed.action == "refund" and not links.known(typed.payment_no, ids.Prefix.PAYMENT):
        typed.errors["payment_no"] = flask_babel.gettext("Choose the payment that goes back.")
    if typed.errors:
        return None
    is_refund = typed.action == "refund"
    return deciding.Decision(
        outcome=rules.Outcome(typed.outcome),
        action=rules.MoneyAction(typed.action),
        amount_cents=cents,
        payment_no=typed.payment_no if is_refund else None,
        freed_by=typed.freed_by if is_refund and typed.freed_by in _FREED else "",
        answer=typed.answer,
        reason=typed.reason,
    )


_FREED = (money_actions.BY_CREDIT, money_actions.BY_TAKING_BACK)
_FIELDS: dict[type[errors.DomainError], str] = {
    raising.WordsMissing: "answer",
    raising.WordsTooLong: "answer",
    deciding.ReasonMissing: "reason",
    deciding.ReasonTooLong: "reason",
    rules.MoneyNeedsUpheld: "action",
    rules.AmountDoesNotFit: "amount",
    money_actions.NoSuchPayment: "payment_no",
    payment_rules.RefundLocked: "payment_no",
    money_actions.NotFreed: "freed_by",
}


def _field_of(error: errors.DomainError) -> str:
    """The field that an error is about; what money refuses is about the amount."""
    if type(error) in _FIELDS:
        return _FIELDS[type(error)]
    return "" if error.code.startswith(("dispute_", "not_allowed")) else "amount"


def _changed(screen: case_view.Screen, typed: Typed) -> tuple[case_view.Line, ...]:
    if typed.seen_at is None:
        return ()
    since = typed.seen_at
    return tuple(line for line in screen.timeline if line.at > since)
