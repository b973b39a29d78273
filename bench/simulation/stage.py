"""What a story is played on: the database, the clock, the sandbox, the wire; made once, emptied.

Everything random comes from the seed, the numbers of both sides included.
"""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import random
import secrets

import sqlalchemy as sa

from bench.simulation import browser, chaos, doors, outbox, post, queue, wire
from portal.gateways import blobs, stripe_api
from portal.journeys import context, stripe_events
from portal.kernel import clock as clocks
from portal.sandbox import app as sandbox_app
from portal.sandbox import ids as sandbox_ids
from portal.sandbox import store as sandbox_store
from portal.sandbox import world as worlds
from portal.sandbox.objects import payouts, webhook_endpoints

HOOK = "http://site.test/hooks/stripe"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything that a story touches."""

    ctx: context.Context
    clock: clocks.SetClock
    chaos: chaos.Chaos
    world: worlds.World
    app: wire.Application
    browser: browser.Browser
    queue: queue.Queue
    post: post.Post
    outbox: outbox.Outbox
    owner: sa.Engine  # may do what the site's role may not; for proofs

    def held(self, kind: str) -> list[sandbox_store.Document]:
        """Every object of a kind that the sandbox holds, oldest first."""
        with self.world.store.transaction():
            found = self.world.store.select("kind = ? ORDER BY seq", (kind,))
        return [record.document for record in found]

    def close(self) -> None:
        """Let go of everything but the connections, which serve the next story."""
        sandbox_ids.draw_from(secrets.token_bytes)
        self.ctx.database.commit_hook = None
        self.world.store.close()


def build(
    *,
    url: str,
    folder: pathlib.Path,
    clock: clocks.SetClock,
    troubles: chaos.Chaos,
    rng: random.Random,
    ids: str,
    sends_mail: bool,
) -> Stage:
    """The stage over the database at `url` and the sandbox's files in `folder`.

    `ids` seeds the numbers of both sides. Without `sends_mail` mails are queued and stay there.
    """
    sandbox_ids.draw_from(random.Random(f"{ids} sandbox").randbytes)
    app = sandbox_app.create_app(data_dir=folder, clock=clock.now)
    world = app.extensions["sandbox"]
    world.postman.stop()  # the story carries the post itself
    with world.store.transaction():
        webhook_endpoints.upsert(world.call(), HOOK, list(stripe_events.HANDLERS), post.SECRET)
        payouts.schedule(world.call(), payouts.DAILY)
    mail = outbox.Outbox(troubles)
    ways = doors.to(url)
    ways.database.commit_hook = troubles.at_commit
    ctx = context.Context(
        database=ways.database,
        clock=clock,
        payments=stripe_api.StripePayments(
            secret_key="sk_test_sandbox",
            publishable_key=browser.KEY,
            webhook_secret=post.SECRET,
            api_base=wire.BASE,
            script_url="",
            events=tuple(stripe_events.HANDLERS),
            http_client=wire.Wire(app, troubles),
        ),
        blobs=blobs.FolderBlobs(folder / "blobs"),
        mail=mail,
        base_url="http://127.0.0.1:8000",
        brand="Fernhill Pet Insurance",
        phone="+18005550142",
        mail_from="billing@fernhill.example",
        secret_key="simulation",
        rng=random.Random(f"{ids} portal"),
    )
    return Stage(
        ctx=ctx,
        clock=clock,
        chaos=troubles,
        world=world,
        app=app,
        browser=browser.Browser(app),
        queue=queue.Queue(ways.worker, ctx, left_out=() if sends_mail else ("deliver_mail",)),
        post=post.Post(world, ctx, rng),
        outbox=mail,
        owner=ways.owner,
    )


def start_of(day: datetime.date, clock: clocks.SetClock) -> datetime.datetime:
    """Four in the morning of that day where the insurer is: before the nightly runs."""
    local = datetime.datetime.combine(day, datetime.time(4, 5), tzinfo=clock.zone)
    return local.astimezone(datetime.UTC)
