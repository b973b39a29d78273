"""What a page of the owner's or a guest's weighs with all that it loads of ours."""

from __future__ import annotations

import pathlib
import re

from portal.journeys import guest_pay
from portal.web import access
from tests.support import people, world

STATIC = pathlib.Path(__file__).resolve().parents[2] / "static"
LIMIT = 60_000  # bytes, before compression; Stripe's own script is not ours to weigh
ASSET = re.compile(r'(?:href|src)="/static/([^"?#]+)')


def weight(html: str) -> int:
    """Bytes of the page and of each file of ours that it names, once."""
    named = set(ASSET.findall(html))
    assert named
    return len(html.encode()) + sum((STATIC / name).stat().st_size for name in named)


def test_every_page_of_the_owners_stays_under_its_weight(app, quiet_ctx, database):
    here = world.build(quiet_ctx, database)
    client = people.sign_in(app.test_client(), here.owner)
    weights = {}
    for rule in app.url_map.iter_rules():
        address = here.address(rule.rule, rule.endpoint)
        is_page = "GET" in rule.methods and "customer" in access.TABLE[rule.endpoint]
        if not (address and is_page):
            continue
        answer = client.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            weights[address] = weight(answer.get_data(as_text=True))
    assert len(weights) > 25
    assert {address: heavy for address, heavy in weights.items() if heavy >= LIMIT} == {}


def test_a_guests_page_stays_under_its_weight(app, quiet_ctx, database):
    here = world.build(quiet_ctx, database)
    link = guest_pay.link(quiet_ctx, invoice_no=here.numbers["invoices"])
    html = app.test_client().get(link.removeprefix(quiet_ctx.base_url)).get_data(as_text=True)
    assert weight(html) < LIMIT
