"""One policy at the desk: its terms, what is to come, what happened, and changing it."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.audit import queries as audit
from portal.domain.billing.queries import ahead, coverage
from portal.domain.billing.rules import chosen_day, pro_rata
from portal.domain.identity import queries as identity
from portal.domain.policies import changing, queries
from portal.domain.reports.queries import bereaved
from portal.journeys import new_term, pay_monthly, renew_terms, term_changes
from portal.kernel import errors, ids, money, msgids
from portal.web.shared import change_words, letters, numbers, once, rows, sentences, site
from portal.web.staff import cover, frame

bp = flask.Blueprint("desk_policy", __name__, url_prefix="/desk/policies")
_ = flask_babel.gettext
UNPROCESSABLE = 422
FIELDS = {
    "amount_unreadable": "premium",
    "amount_missing": "premium",
    "amount_negative": "premium",
    "amount_too_fine": "premium",
    "amount_too_large": "premium",
    "amount_other_currency": "premium",
    "premium_unchanged": "premium",
    "premium_below_corrected": "premium",
    "day_unreadable": "on",
    "no_term_now": "on",
    "change_outside_term": "on",
    "change_before_another": "on",
    "cancellation_outside_term": "on",
    "term_empty": "until",
    "term_too_far": "until",
    "term_overlaps": "on",
    "term_before_last": "on",
    "installments_wrong": "parts",
    "renewed_already": "plan",
    "payment_plan_does_not_fit": "plan",
    "premium_missing": "premium",
    "reason_missing": "reason",
}
NAMES = ("on", "until", "premium", "basis", "plan", "parts", "down", "reason")
PLANS = ("monthly", "quarterly", "in_full")  # at a renewal; down payments stay as they are


class ReasonMissing(errors.DomainError):
    """A change at the desk says why."""

    code = "reason_missing"
    message = msgids.N_("Say why, for the log.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed, and what for: "" before anything was."""

    kind: str = ""
    on: str = ""
    premium: str = ""
    basis: str = "pro_rata"
    plan: str = ""
    until: str = ""
    parts: str = ""
    down: str = ""
    reason: str = ""


@bp.get("/<number>")
def show(number: str) -> str:
    """The policy; opening it is written into the audit log. A number of nobody's is 404."""
    return _page(number, Typed(), None, None)


@bp.post("/<number>/premium")
def premium(number: str) -> flask.typing.ResponseReturnValue:
    """Have it cost more or less from a day on."""
    return _answer(number, "premium")


@bp.post("/<number>/renew")
def renew(number: str) -> flask.typing.ResponseReturnValue:
    """Write the next term now, at another premium or by another plan where it is typed."""
    return _answer(number, "renew")


@bp.post("/<number>/term")
def term(number: str) -> flask.typing.ResponseReturnValue:
    """Write a term of any days after the last one, also where cover has lapsed."""
    return _answer(number, "term")


@bp.post("/<number>/monthly")
def monthly(number: str) -> flask.typing.ResponseReturnValue:
    """Have the year's one bill withdrawn and the year paid monthly."""
    return _answer(number, "monthly")


@bp.get("/<number>/letters/<change>.pdf")
def letter(number: str, change: str) -> flask.Response:
    """A letter as its owner has it."""
    policy_no = numbers.wanted(number, ids.Prefix.POLICY)
    found = queries.event(site.reader(), policy_no=policy_no, number=change)
    return letters.paper(found, site.ctx(), policy_no=policy_no)


@bp.post("/<number>/cancel")
def cancel(number: str) -> flask.typing.ResponseReturnValue:
    """End it."""
    return _answer(number, "cancel")


@bp.post("/<number>/reinstate")
def reinstate(number: str) -> flask.typing.ResponseReturnValue:
    """Have it go on after all."""
    return _answer(number, "reinstate")


def _answer(number: str, kind: str) -> flask.typing.ResponseReturnValue:
    """Show what a change does, or make it where its button was pressed."""
    form = flask.request.form
    typed = Typed(kind=kind, **{name: form.get(name, "")[:2000] for name in NAMES})
    is_pressed = not form.get("look")
    policy_no = numbers.wanted(number, ids.Prefix.POLICY)
    ask = term_changes.Ask(
        policy_no=policy_no,
        once_key=once.given_key() if is_pressed else once.new_key(),
        who=site.who(),
        reason=typed.reason.strip(),
        expects=form.get("seen", "none") if is_pressed else "",
    )
    try:
        if not ask.reason:
            raise ReasonMissing()
        done = _change(ask, typed, is_trial=not is_pressed)
    except term_changes.NoSuchPolicy:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as wrong:
        return _page(number, typed, None, wrong), UNPROCESSABLE
    if not is_pressed:
        return _page(number, typed, done, None)
    flask.flash(_("Done. %(what)s", what=_told(done)[0]), "good")
    return flask.redirect(flask.url_for("desk_policy.show", number=policy_no), 303)


def _change(ask: term_changes.Ask, typed: Typed, *, is_trial: bool) -> term_changes.Change:
    ctx = site.ctx()
    if typed.kind == "reinstate":
        return term_changes.reinstate(ctx, ask=ask, is_trial=is_trial)
    if typed.kind == "monthly":
        return pay_monthly.pay_monthly(ctx, ask=ask, is_trial=is_trial)
    if typed.kind == "renew":
        return renew_terms.renew(
            ctx,
            ask=ask,
            premium_cents=money.Money.parse(typed.premium).cents if typed.premium.strip() else None,
            payment_plan=renew_terms.Plan(typed.plan) if typed.plan in PLANS else None,
            is_trial=is_trial,
        )
    on = chosen_day.read(typed.on, example=ctx.clock.today())
    if typed.kind == "term":
        return new_term.begin(ctx, ask=ask, wanted=_wanted(typed, on), is_trial=is_trial)
    if typed.kind == "premium":
        return term_changes.change_premium(
            ctx,
            ask=ask,
            effective_on=on,
            premium_cents=money.Money.parse(typed.premium).cents,
            is_trial=is_trial,
        )
    known = set(pro_rata.CancellationBasis)
    basis = pro_rata.CancellationBasis(typed.basis if typed.basis in known else "pro_rata")
    return term_changes.cancel(ctx, ask=ask, on=on, basis=basis, is_trial=is_trial)


def _wanted(typed: Typed, on: datetime.date) -> new_term.NewTerm:
    plan = renew_terms.Plan(typed.plan if typed.plan in set(renew_terms.Plan) else "monthly")
    has_down = plan is renew_terms.Plan.DOWN_PAYMENT
    parts = typed.parts if typed.parts.isascii() and typed.parts.isdecimal() else "0"
    return new_term.NewTerm(
        effective_on=on,
        expires_on=chosen_day.read(typed.until, example=on),
        premium_cents=money.Money.parse(typed.premium).cents,
        payment_plan=plan,
        installments=int(parts[:3]) if has_down else 0,
        down_payment_cents=money.Money.parse(typed.down).cents if has_down else 0,
    )


def _told(change: term_changes.Change) -> list[str]:
    write = rows.Writer(site.ctx().clock.today())
    return change_words.for_the_desk(change.kind, change.effective_on, change.facts, write)


def _page(
    number: str,
    typed: Typed,
    seen: term_changes.Change | None,
    wrong: errors.DomainError | None,
) -> str:
    reader, today = site.reader(), site.ctx().clock.today()
    write = rows.Writer(today)
    wanted = numbers.wanted(number, ids.Prefix.POLICY)
    policy = frame.found(queries.by_number(reader, policy_no=wanted, today=today))
    owner = identity.customer(reader, customer_id=policy.customer_id)
    frame.opened(policy.number, customer_id=policy.customer_id)
    found = coverage.cover(reader, customer_id=policy.customer_id, policy_no=wanted, today=today)
    rates = changing.segments(reader, term_id=policy.term.id) if policy.term else ()
    terms = queries.terms(reader, policy_id=policy.id)
    happened = queries.events(reader, policy_id=policy.id)
    return frame.page(
        "policy.html",
        policy=policy,
        owner=owner,
        line=cover.words(found.line) if found else "",
        terms=terms,
        may_renew=bool(terms) and terms[0].effective_on <= today <= terms[0].expires_on,
        letters=letters.listed(
            happened, site.ctx(), write, at=flask.url_for("desk_policy.show", number=wanted)
        ),
        rates=rates,
        coming=ahead.of_policy(reader, policy_id=policy.id),
        happened=[
            (
                event,
                change_words.title(event.kind),
                change_words.for_the_desk(event.kind, event.effective_on, event.facts, write),
            )
            for event in happened
        ],
        typed=typed,
        seen=seen,
        told=_told(seen) if seen else [],
        wrong=sentences.said(wrong) if wrong else "",
        field=FIELDS.get(wrong.code, "") if wrong else "",
        once_key=once.new_key(),
        today=today,
        events=audit.history(reader, subjects=[wanted]),
        death=bereaved.standing_death(happened),
    )
