"""Words that are one in English and two in Spanish are not mixed up."""

from __future__ import annotations

from tests.support import bills, people, scoped


def test_the_day_of_a_link_is_not_called_switched_on(app, ctx, database):
    bill = bills.make_bill(database)
    number = scoped.ask(ctx, bill)
    owner = people.sign_in(app.test_client(), bill.customer)
    assert "Mailed on" in owner.get(f"/payers/{number}").get_data(as_text=True)
    spanish = owner.get(f"/payers/{number}?lang=es").get_data(as_text=True)
    assert "Enviado el" in spanish
    assert "Activado" not in spanish
