"""How the mails about autopay read: the same facts twice, in both languages."""

from __future__ import annotations

import datetime

import pytest

from tests.notifications.test_rendering import render

DAY = datetime.date(2026, 12, 4)
PAGE = "https://pay.example.test/autopay/POL-1"
ABOUT = {"pet_name": "Biscuit", "method_label": "visa 4242", "page": PAGE, "number": "POL-1"}
DRAFT = {
    "pets": ("Biscuit", "Miso"),
    "amount_cents": 6608,
    "method_label": "visa 4242",
    "page": PAGE,
    "number": "DRF-1",
}
REFUSED = DRAFT | {
    "code": "insufficient_funds",
    "again_on": DAY,
    "tries_backup": False,
    "ends_autopay": False,
    "bill_nos": ("INV-1",),
    "for_payer": False,
}
TAKEN = {"cents": 6608, "draft_on": DAY, "due_on": DAY, "is_late": False}
VIEWS = {
    "autopay_notice": ABOUT | {"amount_cents": 6608, "draft_on": DAY, "due_on": DAY},
    "autopay_joined": ABOUT
    | {"backup_label": "", "days_before": 3, "drafts": [TAKEN], "was_on": False},
    "autopay_left": ABOUT | {"running_cents": 0},
    "autopay_ended": ABOUT | {"running_cents": 0, "reason": "refused"},
    "autopay_switched": ABOUT | {"lost_label": "visa 0341"},
    "card_expiring": {
        "method_label": "visa 4242",
        "last_on": DAY,
        "pets": ("Biscuit",),
        "is_planned": False,
        "for_payer": False,
        "page": PAGE,
        "number": "MTH-1",
    },
    "draft_refused": REFUSED,
    "draft_missed": DRAFT | {"is_gone": True, "for_payer": False},
    "confirm_needed": DRAFT | {"until_on": DAY, "link": f"{PAGE}/confirm"},
}
SAID = {  # what both bodies must hold, in English
    "autopay_notice": ("$66.08", "Friday 4 December 2026", "Visa 4242", PAGE),
    "autopay_joined": ("3 days before it is due", "$66.08", "Friday 4 December 2026", PAGE),
    "autopay_left": ("Nothing more is taken by itself for Biscuit", PAGE),
    "autopay_ended": ("The bank does not accept Visa 4242", PAGE),
    "autopay_switched": ("Visa 0341 cannot be charged", "Visa 4242", PAGE),
    "card_expiring": ("Friday 4 December 2026", "Autopay for Biscuit uses it"),
    "draft_refused": (
        "$66.08",
        "Biscuit and Miso",
        "not enough money",
        "We try again on Friday 4 December 2026.",
        "/payment-methods/add",
    ),
    "draft_missed": ("$66.08", "Biscuit and Miso", "Visa 4242", "was removed", "example.test/pay"),
    "confirm_needed": ("$66.08", "Nothing was taken yet", f"{PAGE}/confirm"),
}


@pytest.mark.parametrize("template", VIEWS)
def test_both_bodies_say_the_same(template):
    mail = render(template, **VIEWS[template])
    assert mail.subject
    for fact in (*SAID[template], "Maria", VIEWS[template]["number"]):
        assert fact in mail.text, fact
        assert fact in mail.html, fact


@pytest.mark.parametrize("template", VIEWS)
def test_they_are_translated(template):
    english = render(template, **VIEWS[template])
    spanish = render(template, "es", **VIEWS[template])
    assert spanish.subject != english.subject
    assert "Hola Maria" in spanish.text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("method_gone", "Visa 4242 was removed"),
        ("mandate_revoked", "The permission to debit Visa 4242 was taken back"),
        ("policy_ended", "The cover has ended"),
        ("staff", "We take nothing more by itself."),
    ],
)
def test_the_reason_is_told_in_plain_words_and_no_way_back_where_there_is_none(reason, said):
    text = render("autopay_ended", **VIEWS["autopay_ended"] | {"reason": reason}).text
    assert said in text
    assert (PAGE in text) == (reason in ("method_gone", "mandate_revoked"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"again_on": None, "tries_backup": True}, "We try your second card or account today."),
        ({"again_on": None}, "We do not try again by ourselves."),
        ({"again_on": None, "ends_autopay": True}, "Autopay is off until you choose another"),
        ({"for_payer": True}, PAGE),
    ],
)
def test_a_refusal_says_what_comes_next(changed, said):
    assert said in render("draft_refused", **REFUSED | changed).text
