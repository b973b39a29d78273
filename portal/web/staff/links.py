"""Where the desk shows what a public number is the number of; knows no row."""

from __future__ import annotations

import urllib.parse

from portal.kernel import ids

PAGES = {
    ids.Prefix.INVOICE: "/desk/invoices/",
    ids.Prefix.PAYMENT: "/desk/payments/",
    ids.Prefix.DISPUTE: "/desk/disputes/",
    ids.Prefix.CUSTOMER: "/desk/customers/",
    ids.Prefix.APPROVAL: "/desk/approvals/",
    ids.Prefix.CHARGEBACK: "/desk/chargebacks/",
    ids.Prefix.ARRANGEMENT: "/desk/arrangements/",
    ids.Prefix.REFUND: "/desk/refunds/",
    ids.Prefix.POLICY: "/desk/policies/",
}
# Numbers without a page of their own are found by the search, which leads on.
SEARCHED = frozenset({ids.Prefix.DRAFT})


def href(number: str | None) -> str:
    """The address of the page about `number`, or "" where there is none."""
    prefix = (number or "")[:3]
    if prefix in PAGES:
        return f"{PAGES[ids.Prefix(prefix)]}{number}"
    if prefix in SEARCHED:
        return f"/desk/customers?{urllib.parse.urlencode({'q': number})}"
    return ""


def of_kind(kind: str, number: str) -> str:
    """The address for what a search found, like ("invoice", "INV-…")."""
    return f"/desk/{kind}s/{number}"


def known(number: str, prefix: ids.Prefix) -> bool:
    """Whether `number` can be one of ours; anything else is no address of the desk."""
    return ids.is_valid(number, prefix)
