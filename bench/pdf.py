"""`python -m bench.pdf`: bills printed a second on one core, beside the typesetter alone.

Each round prints as many bills, no two alike, in both languages, in turns by: the product (words,
amounts, days, QR code, tagged PDF), the typesetter with the very same values ready, and the
typesetter with a page of one line, the least that any tagged PDF costs. Exits with 1 unless the
product reaches BAR of the typesetter's own speed with its values.
"""

from __future__ import annotations

import argparse
import datetime
import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import typst

from bench import machine
from portal.documents.pdf import invoice, press

BAR = 0.8  # of the typesetter's own speed with the same values
LINE = str(pathlib.Path(__file__).with_name("templates") / "line.typ")
ADDRESS = ("Maria Alvarez", "12 Elm Street", "Salem, OR 97301")
SITE = {"brand": "Fernhill", "phone": "+18005550142", "base_url": "https://billing.example"}


def main() -> int:
    """Print the rounds and what they came to; 0 when the bar holds."""
    asked = argparse.ArgumentParser(prog="python -m bench.pdf")
    asked.add_argument("--bills", type=int, default=100)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, load {machine.load()}")
    line = typst.Compiler(LINE, ignore_system_fonts=True)

    def least_of(paper: invoice.InvoicePaper) -> bytes:
        return line.compile(
            format="pdf", sys_inputs={"line": paper.number}, pdf_standards=[press.STANDARD]
        )

    ours, same, least = [], [], []
    for number in range(given.rounds + 1):  # the first warms up and is not counted
        papers = [_paper(number * given.bills + n) for n in range(given.bills)]
        values = [_values(paper) for paper in papers]
        papers = [_paper(-1 - number * given.bills - n) for n in range(given.bills)]
        ours.append(_rate(papers, _print))
        same.append(_rate(values, lambda value: press.print_pdf("invoice", value[0], **value[1])))
        least.append(_rate(papers, least_of))
    del ours[0], same[0], least[0]
    ratio = statistics.median(a / b for a, b in zip(ours, same, strict=True))
    size = len(_print(_paper(0)))
    print(f"a bill of {size / 1024:.0f} kB: {statistics.median(ours):.0f} a second and core")
    print(f"typst with its values: {statistics.median(same):.0f}; a line: {_median(least)}")
    print(f"{ratio:.2f} of typst's own speed, {'' if ratio >= BAR else 'not '}{BAR} at least")
    return 0 if ratio >= BAR else 1


def _median(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f}"


def _rate(things: list[Any], make: Callable[[Any], object]) -> float:
    """How many a second of processor time, which is one core's."""
    begun = time.process_time()
    for thing in things:
        make(thing)
    return len(things) / (time.process_time() - begun)


def _print(paper: invoice.InvoicePaper) -> bytes:
    return invoice.render(paper, language="es" if paper.total_cents % 2 else "en", **SITE)


def _values(paper: invoice.InvoicePaper) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the product gives the typesetter for this bill."""
    with mock.patch.object(press, "print_pdf") as printed:
        _print(paper)
    return printed.call_args.args[1], printed.call_args.kwargs


def _paper(number: int) -> invoice.InvoicePaper:
    """A bill of four lines, a payment and a credit; every number makes another."""
    due = datetime.date(2026, 1, 1) + datetime.timedelta(days=number % 365)
    total = 6606 + number
    return invoice.InvoicePaper(
        number=f"INV-{abs(number):011d}",
        policy_no=f"POL-{abs(number):011d}",
        pet_name="Biscuit",
        issued_on=due - datetime.timedelta(days=20),
        due_on=due,
        period_start_on=due,
        period_end_on=due + datetime.timedelta(days=30),
        address=ADDRESS,
        shown_cents=total - 1500,
        state="due",
        state_on=due,
        lines=(
            ("Premium", "30 of 365 days", total - 1362),
            ("State tax", "We pass it on to the state", 62),
            ("Policy fee", "Once a term, with its first bill", 1000),
            ("Installment fee", "None if you pay yearly", 300),
        ),
        total_cents=total,
        settled=(("Paid", "Visa 4242", -1000), ("Credit", "A credit from us", -500)),
        left_cents=total - 1500,
        pay_link=f"https://billing.example/p/{abs(number):040x}",
    )


if __name__ == "__main__":
    sys.exit(main())
