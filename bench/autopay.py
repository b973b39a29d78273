"""`python -m bench.autopay`: 10,000 drafts against the sandbox, the run killed five times.

The run, `flask autopay run` with 8 charges under way, is killed (SIGKILL) at random moments and
started again; the last one ends by itself. Exits with 1 unless every policy was drafted exactly
once, every charge has its payment, and the rate stayed under its limit and above 60 a second.
`--drafts N`, `--kills K`, `--seed S`, `--rate R`, `--workers W`; `--profile` shows where the time
of one process goes.
"""

from __future__ import annotations

import argparse
import collections
import cProfile
import datetime
import json
import pstats
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent import futures

import sqlalchemy as sa
import stripe

from bench import machine
from portal import app as portal_app
from portal import config
from portal.domain.payments.operations import drafting
from portal.gateways import embedded_postgres
from portal.journeys import collect_drafts, context

BAR_RATE = 60  # drafts a second
POLICIES_A_BILL = 2.3  # of the book for one that has an open bill
FLIGHTS = 8
WORKERS = 2
_OPEN = sa.text(
    """
    SELECT DISTINCT ON (i.policy_id) i.id, i.number, i.customer_id, i.policy_id, i.open_cents
    FROM invoice i WHERE i.state = 'issued' AND i.open_cents >= 50
    ORDER BY i.policy_id, i.due_on DESC LIMIT :most
    """
)
# For each customer, then for each bill.
_CARDS = (
    "INSERT INTO wallet_customer (customer_id, stripe_ref) VALUES (:id, :customer_ref)"
    " ON CONFLICT (customer_id) DO UPDATE SET stripe_ref = excluded.stripe_ref",
    "INSERT INTO payment_method (number, customer_id, stripe_ref, kind, brand, last4, exp_month,"
    " exp_year, added_at) VALUES ('MTH-BENCH' || :id, :id, :method_ref, 'card', 'visa', '4242',"
    " 12, 2031, now())",
    "INSERT INTO wallet_consent (kind, customer_id, subject, text_version, language, text,"
    " given_at, ip, device) VALUES ('autopay', :id, 'MTH-BENCH' || :id, 'bench', 'en', 'bench',"
    " now(), '', '')",
)
_DRAFTS = (
    "INSERT INTO autopay (customer_id, policy_id, method_id, consent_id, joined_at)"
    " SELECT :customer_id, :policy_id, m.id, c.id, now() FROM payment_method m"
    " JOIN wallet_consent c ON c.subject = m.number WHERE m.number = 'MTH-BENCH' || :customer_id",
    "INSERT INTO draft (number, key, kind, customer_id, autopay_id, method_id, amount_cents,"
    " draft_on, state, due_on, announced_at, changed_at) SELECT 'DRF-BENCH' || a.policy_id,"
    " 'bench:' || a.policy_id, 'autopay', a.customer_id, a.id, a.method_id, :open_cents, :today,"
    " 'planned', :today, now(), now() FROM autopay a WHERE a.policy_id = :policy_id",
    "INSERT INTO draft_bill (draft_id, invoice_id) SELECT id, :id FROM draft"
    " WHERE number = 'DRF-BENCH' || :policy_id",
)
_FOUND = sa.text(
    """
    SELECT (SELECT count(*) FROM draft WHERE state = 'paid') AS paid,
        (SELECT count(*) FROM draft WHERE state <> 'paid'
            AND key LIKE 'bench:%') AS other,
        (SELECT count(*) FROM (SELECT draft_id FROM payment WHERE state = 'settled'
            AND draft_id IS NOT NULL GROUP BY draft_id HAVING count(*) > 1) t) AS twice,
        (SELECT count(*) FROM payment WHERE draft_id IS NOT NULL AND state <> 'settled') AS open
    """
)

# From the first draft that was looked at to the last that was settled.
_PACE = sa.text(
    "SELECT count(*), extract(epoch FROM max(settled_at) - min(created_at)) FROM payment"
    " WHERE draft_id IS NOT NULL AND created_at >= :since"
)


def main() -> int:
    """Fill, run, kill, run again, look; 0 when every bar holds."""
    asked = _arguments()
    url = _database(asked.drafts)
    port = machine.free_port()
    env = machine.environ(url, SANDBOX_BIND=f"127.0.0.1:{port}")
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, load {machine.load()}")
    with tempfile.TemporaryDirectory(prefix="sandbox-") as data:
        command = [sys.executable, "-m", "portal.sandbox", "--bind", f"127.0.0.1:{port}"]
        with machine.running("sandbox", [*command, "--data", data], env=env) as sandbox:
            machine.await_ready(f"http://127.0.0.1:{port}/sandbox/health", sandbox)
            ctx = portal_app.build_context(config.from_environment(env))
            client = stripe.StripeClient(
                "sk_test_sandbox", base_addresses={"api": f"http://127.0.0.1:{port}"}
            )
            drafts = _fill(ctx, client, asked.drafts)
            if asked.profile:
                return _profile(ctx)
            return _measure(ctx, client, drafts, asked, env)


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m bench.autopay")
    asked.add_argument("--drafts", type=int, default=10_000)
    asked.add_argument("--kills", type=int, default=5)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--rate", type=int, default=collect_drafts.RATE)
    asked.add_argument("--workers", type=int, default=WORKERS)
    asked.add_argument("--profile", action="store_true")
    return asked.parse_args()


def _database(drafts: int) -> str:
    """A copy of a book with so many open bills, made anew for every measurement."""
    invoices = round(drafts * POLICIES_A_BILL * machine.INVOICES_A_POLICY)
    machine.database(invoices)
    server = embedded_postgres.EmbeddedPostgres(machine.FOLDER / "postgres")
    engine = sa.create_engine(
        server.url("postgres").replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS autopay_run WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE autopay_run TEMPLATE scale_{invoices}"))
    engine.dispose()
    return server.url("autopay_run")


def _fill(ctx: context.Context, client: stripe.StripeClient, most: int) -> int:
    """A card, an autopay and a draft for today for one open bill of each policy; how many."""
    with ctx.database.reading() as session:
        bills = [dict(row._mapping) for row in session.execute(_OPEN, {"most": most})]
    owners = sorted({bill["customer_id"] for bill in bills})
    with futures.ThreadPoolExecutor(FLIGHTS) as pool:
        cards = list(pool.map(lambda id_: _card(client, id_), owners))
    today = ctx.clock.today()
    with ctx.database.unit_of_work() as session:
        for statement in _CARDS:
            session.execute(sa.text(statement), cards)
        for statement in _DRAFTS:
            session.execute(sa.text(statement), [bill | {"today": today} for bill in bills])
    return len(bills)


def _card(client: stripe.StripeClient, customer_id: int) -> dict[str, object]:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    method = client.v1.customers.payment_methods.list(customer.id).data[0]
    return {"id": customer_id, "customer_ref": customer.id, "method_ref": method.id}


def _measure(
    ctx: context.Context,
    client: stripe.StripeClient,
    drafts: int,
    asked: argparse.Namespace,
    env: Mapping[str, str],
) -> int:
    """Run with kills, then to the end, in turns; whether every bar holds."""
    rng = random.Random(asked.seed)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "autopay", "run"]
    command += ["--on", ctx.clock.today().isoformat(), "--rate", str(asked.rate)]
    command += ["--flights", str(FLIGHTS), "--workers", str(asked.workers), "--json"]
    for count in range(asked.kills):
        goal = round(drafts * (count + rng.uniform(0.3, 0.9)) / (asked.kills + 1))
        _kill_at(ctx, command, goal=goal, env=env)
        print(f"  killed after {_paid(ctx)} of {drafts}")
    begun = ctx.clock.now()
    ended = subprocess.run(
        command, env=env, cwd=machine.ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    last = json.loads(ended.stdout.splitlines()[-1])
    with ctx.database.reading() as session:
        settled, took = session.execute(_PACE, {"since": begun}).one()
    print(f"  the last run settled {settled} in {took:.1f} s: {last['collected']}")
    return 0 if _judge(ctx, client, drafts, asked, rate=settled / float(took)) else 1


def _kill_at(
    ctx: context.Context, command: list[str], *, goal: int, env: Mapping[str, str]
) -> None:
    """Run until so many drafts are paid in all, then SIGKILL."""
    with machine.running("autopay", command, env=env) as process:
        pause = threading.Event()
        while process.poll() is None and _paid(ctx) < goal:
            pause.wait(0.05)
        process.kill()


def _paid(ctx: context.Context) -> int:
    with ctx.database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM draft WHERE state = 'paid'"))


def _judge(
    ctx: context.Context,
    client: stripe.StripeClient,
    drafts: int,
    asked: argparse.Namespace,
    *,
    rate: float,
) -> bool:
    with ctx.database.reading() as session:
        found = session.execute(_FOUND).one()
        numbers = set(
            session.scalars(sa.text("SELECT number FROM payment WHERE draft_id IS NOT NULL"))
        )
    charged: collections.Counter[str] = collections.Counter()
    seconds: collections.Counter[int] = collections.Counter()
    for intent in _intents(client):
        if intent.status == "succeeded":
            charged[intent.metadata["payment_no"]] += 1
        seconds[intent.created] += 1
    busiest = max(seconds.values())
    told = {
        f"every policy drafted exactly once: {found.paid} of {drafts}": found.paid == drafts
        and found.other == 0
        and found.twice == 0
        and found.open == 0,
        f"charges at Stripe: {sum(charged.values())}, each of its own payment": len(charged)
        == sum(charged.values())
        == drafts
        and set(charged) <= numbers,
        f"{rate:.0f} drafts a second (at least {BAR_RATE})": rate >= BAR_RATE,
        f"busiest second: {busiest} charges (limit {asked.rate})": busiest <= asked.rate,
    }
    for line, holds in told.items():
        print(f"  {'ok ' if holds else 'NOT'} {line}")
    print(f"load at the end {machine.load()}")
    return all(told.values())


def _intents(client: stripe.StripeClient) -> Iterator[stripe.PaymentIntent]:
    return client.v1.payment_intents.list({"limit": 100}).auto_paging_iter()


def _profile(ctx: context.Context) -> int:
    """One thread through all of it under cProfile: what bounds a draft on our side."""
    today = ctx.clock.today()
    with ctx.database.reading() as session:
        due = drafting.due(session, on=today, limit=1_000)
    half = len(due) // 2
    begun, used = time.perf_counter(), time.process_time()
    _collect(ctx, due[:half])
    took, used = time.perf_counter() - begun, time.process_time() - used
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(_collect, ctx, due[half:])
    print(f"{took / half * 1000:.1f} ms a draft, {used / half * 1000:.1f} of them in this process")
    stats = pstats.Stats(profiler).strip_dirs()
    stats.sort_stats("tottime").print_stats(30)
    stats.sort_stats("cumulative").print_stats(50)
    return 0


def _collect(ctx: context.Context, due: list[int]) -> None:
    for draft_id in due:
        collect_drafts.attempt(ctx, draft_id=draft_id, on=ctx.clock.today())


if __name__ == "__main__":
    sys.exit(main())
