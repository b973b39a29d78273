"""What a change of a policy did, in sentences; for its owner and for the desk."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import flask_babel

from portal.documents import formats
from portal.kernel import msgids
from portal.web.shared import looks, rows

N_ = msgids.N_
_ = flask_babel.gettext
TITLES = {
    "premium_changed": N_("The premium changed"),
    "day_moved": N_("Bills are due on another day"),
    "paid_in_full": N_("The rest of the year on one bill"),
    "paid_monthly": N_("The year paid monthly"),
    "cancelled": N_("Cancelled"),
    "reinstated": N_("Goes on after all"),
    "term_begun": N_("Another term"),
    "renewed": N_("Renewed"),
    "term_dropped": N_("The next term does not begin"),
    "plan_chosen": N_("How the next term is paid"),
    "pet_died": N_("The pet has died"),
    "death_taken_back": N_("That was told by mistake"),
    "owner_changed": N_("Another customer has it"),
}
PLANS = {
    "monthly": N_("monthly"),
    "quarterly": N_("every three months"),
    "in_full": N_("the year at once"),
    "down_payment": N_("with a down payment"),
}


def title(kind: str) -> str:
    """What happened, in a few words."""
    return _(TITLES[kind])


def sentences(
    kind: str, effective_on: datetime.date, facts: Mapping[str, Any], write: rows.Writer
) -> list[str]:
    """What it did, one fact a sentence; of money what concerns the owner of the policy."""
    told = _OF[kind](facts, write.day(effective_on, "year"))
    return told + _money(facts)


def for_the_desk(
    kind: str, effective_on: datetime.date, facts: Mapping[str, Any], write: rows.Writer
) -> list[str]:
    """The same, and what goes back to those who had the policy before."""
    told = sentences(kind, effective_on, facts, write)
    others = facts.get("others_returned_cents", 0)
    if others:
        told.append(_("%(sum)s goes back to earlier owners.", sum=_sum(others)))
    return told


def _premium(facts: Mapping[str, Any], day: str) -> list[str]:
    following = [
        _("The next term is written already and stays at %(sum)s.", sum=_sum(cents))
        for cents in facts.get("following_cents", ())
    ]
    return [
        _(
            "From %(day)s the year costs %(after)s instead of %(before)s.",
            day=day,
            after=_sum(facts["after_cents"]),
            before=_sum(facts["before_cents"]),
        ),
        _(
            "For the %(left)s of %(all)s days that are left that is %(sum)s, tax included.",
            left=facts["days_left"],
            all=facts["term_days"],
            sum=formats.money(facts["change_cents"] + facts["tax_change_cents"], sign=True),
        ),
        *following,
    ]


def _day_moved(facts: Mapping[str, Any], day: str) -> list[str]:
    told = _(
        "Bills are due on day %(to)s of the month instead of day %(before)s, from %(day)s on.",
        to=facts["to_day"],
        before=facts["from_day"],
        day=day,
    )
    if not facts["bridge_days"]:
        return [told, _("They are as they were planned at first. The year costs the same.")]
    carries = _(
        "The first of them carries %(sum)s for the %(days)s days by which it is later than planned"
        " at first; the others are less. The year costs the same.",
        sum=_sum(facts["bridge_cents"]),
        days=facts["bridge_days"],
    )
    return [told, carries]


def _in_full(facts: Mapping[str, Any], day: str) -> list[str]:
    told = [
        _(
            "All that was still to come is on one bill of %(sum)s, due %(day)s.",
            sum=_sum(facts["billed_cents"]),
            day=day,
        )
    ]
    if facts["fees_saved_cents"]:
        saved = _sum(facts["fees_saved_cents"])
        told.append(_("Installment fees of %(sum)s fall away.", sum=saved))
    return told


def _monthly(facts: Mapping[str, Any], day: str) -> list[str]:
    told = [
        _(
            "The bill of %(sum)s for the year is withdrawn. In its place are %(n)s monthly bills.",
            sum=_sum(facts["withdrawn_cents"]),
            n=len(facts["after"]),
        ),
        _("Installment fees are %(sum)s in all.", sum=_sum(facts["fees_cents"])),
    ]
    if facts["first_bill_due_on"]:
        due = datetime.date.fromisoformat(facts["first_bill_due_on"])
        told.append(
            _(
                "A bill of %(sum)s comes at once, due %(day)s.",
                sum=_sum(facts["first_bill_cents"]),
                day=formats.day(due, "year", language=looks.page_lang()),
            )
        )
    return told


def _cancelled(facts: Mapping[str, Any], day: str) -> list[str]:
    if not facts["days_in_force"] and facts["basis"] != "flat":
        return [
            _("Cover ends with the day before %(day)s.", day=day),
            *_dropped(facts, day),
        ]
    told = [
        _(
            "Cover ends with the day before %(day)s: %(n)s of %(all)s days were covered.",
            day=day,
            n=facts["days_in_force"],
            all=facts["term_days"],
        ),
        {
            "pro_rata": _("You pay for the days covered: %(sum)s.", sum=_sum(facts["kept_cents"])),
            "short_rate": _(
                "You pay %(sum)s: the days covered, and a tenth of what would have gone back.",
                sum=_sum(facts["kept_cents"]),
            ),
            "flat": _("All premium goes back."),
        }[facts["basis"]],
    ]
    if facts["dropped"]:
        told.append(_("The bills that were still to come are not sent."))
    return told


def _reinstated(facts: Mapping[str, Any], day: str) -> list[str]:
    return [_("The policy goes on without a gap, as if it had not ended on %(day)s.", day=day)]


def _term(facts: Mapping[str, Any], day: str) -> list[str]:
    told = [
        _(
            "The term from %(day)s costs %(sum)s, and %(tax)s tax.",
            day=day,
            sum=_sum(facts["premium_cents"]),
            tax=_sum(facts["tax_cents"]),
        )
    ]
    if facts["before_cents"] is not None:
        change = formats.money(facts["premium_cents"] - facts["before_cents"], sign=True)
        before = _sum(facts["before_cents"])
        told.append(
            _("That is %(sum)s for a year beside %(before)s before.", sum=change, before=before)
        )
    return told + _bills(facts)


def _dropped(facts: Mapping[str, Any], day: str) -> list[str]:
    return [_("The term from %(day)s on does not begin: nothing of it is asked for.", day=day)]


def plan(name: str) -> str:
    """How a term is paid, in a few words."""
    return _(PLANS[name])


def _plan(facts: Mapping[str, Any], day: str) -> list[str]:
    told = _(
        "From %(day)s on you pay %(after)s instead of %(before)s.",
        day=day,
        after=plan(facts["payment_plan"]),
        before=plan(facts["before_plan"]),
    )
    return [told, *_bills(facts)]


def _bills(facts: Mapping[str, Any]) -> list[str]:
    """On how many bills the term stands, and what that costs."""
    if not facts["bills"]:
        return []
    first = formats.day(
        datetime.date.fromisoformat(facts["bills"][0][0]), "year", language=looks.page_lang()
    )
    count, fees = len(facts["bills"]), facts["fees_cents"]
    return [
        _("It is on %(n)s bills, the first due %(day)s.", n=count, day=first)
        if count > 1
        else _("It is on one bill, due %(day)s.", day=first),
        _("Installment fees are %(sum)s in all.", sum=_sum(fees))
        if fees
        else _("There are no installment fees."),
    ]


def _money(facts: Mapping[str, Any]) -> list[str]:
    """What was billed or went back at once."""
    told = []
    if facts.get("billed_now_cents"):
        billed = _sum(facts["billed_now_cents"])
        told.append(_("%(sum)s is on a bill of its own at once.", sum=billed))
    returned, refunded = facts.get("returned_cents", 0), facts.get("refunded_cents", 0)
    if refunded:
        told.append(_("%(sum)s goes back to where it was paid from.", sum=_sum(refunded)))
    if returned > refunded:
        rest = _sum(returned - refunded)
        told.append(_("%(sum)s is taken off what you owe.", sum=rest))
    return told


def _moved(facts: Mapping[str, Any], day: str) -> list[str]:
    told = [
        _(
            "From %(day)s on it is no longer %(before)s’s but %(after)s’s.",
            day=day,
            before=facts["from_no"],
            after=facts["to_no"],
        )
    ]
    if facts["voided"]:
        cents = sum(cents for _number, cents in facts["voided"])
        told.append(
            _(
                "Open bills withdrawn and asked of the new owner: %(num)s, %(sum)s.",
                num=len(facts["voided"]),
                sum=_sum(cents),
            )
        )
    if facts["autopay"] or facts["planned"] or facts["payer"]:
        told.append(_("Autopay, planned payments and whoever else paid have ended."))
    return told


def _died(facts: Mapping[str, Any], day: str) -> list[str]:
    return [_("On %(day)s. Payments, bills and reminders were stopped.", day=day)]


def _lives(facts: Mapping[str, Any], day: str) -> list[str]:
    return [_("Bills go on as before. Autopay stays off until you turn it on.")]


_OF = {
    "premium_changed": _premium,
    "day_moved": _day_moved,
    "paid_in_full": _in_full,
    "paid_monthly": _monthly,
    "cancelled": _cancelled,
    "reinstated": _reinstated,
    "term_begun": _term,
    "renewed": _term,
    "term_dropped": _dropped,
    "plan_chosen": _plan,
    "pet_died": _died,
    "death_taken_back": _lives,
    "owner_changed": _moved,
}


def _sum(cents: int) -> str:
    return formats.money(cents)
