"""Short stories of the simulator: they hold, a seed tells the same, a real kill loses nothing.

Each is named by its seed: `python -m bench.simulate --seed S --days D --customers N --tell`.
"""

from __future__ import annotations

import pytest
import structlog

from bench.simulation import deaths, doors, proofs, results, story
from tests.support import cleaning

DAYS = 1
CUSTOMERS = 3


@pytest.fixture(autouse=True)
def quiet():
    """What journeys log about thousands of faults is nobody's to read."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def play(database, owner_engine, tmp_path):
    """Plays a story over an empty database."""
    count = iter(range(100))

    def of(seed, *, by=story.go_on, days=DAYS, customers=CUSTOMERS, kill=0.0, **more):
        cleaning.empty(owner_engine)
        url = owner_engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        plan = story.Plan(seed=seed, days=days, customers=customers, really=kill > 0, kill=kill)
        return by(plan, story.Kept(), url=url, folder=tmp_path / str(next(count)), **more)

    yield of
    doors.close()


def test_a_story_holds_and_its_seed_tells_it_again(play):
    told = [[], []]
    first, second = (play(7, tells=lines.append) for lines in told)
    assert first == second
    assert told[0] == told[1]
    assert first.settled
    assert first.kills
    assert first.payments >= first.settled


def test_a_story_is_the_same_through_new_connections_and_those_of_another(play):
    first = play(7, customers=1)
    play(8, customers=1)
    assert first == play(7, customers=1)


def test_a_story_with_real_kills_holds(play):
    outcome = play(7, by=deaths.play, customers=1, kill=0.02)
    assert outcome.kills >= 1
    assert outcome.payments


def test_what_is_wrong_ends_the_story_with_its_seed_and_day(play, monkeypatch):
    monkeypatch.setattr(proofs, "find", lambda _one, **_about: ["PAY-1 was charged twice"])
    with pytest.raises(story.Broken, match="seed 3, day 0: PAY-1 was charged twice"):
        play(3, customers=1)


def test_a_run_that_was_stopped_goes_on_with_the_seeds_that_are_left(tmp_path):
    about = {"days": 2, "customers": 3}
    kept = results.Results(tmp_path / "run.json", about=about)
    kept.add(results.Result(seed=2, seconds=1.5, wrong="a bill is paid twice"))
    again = results.Results(tmp_path / "run.json", about=about)
    assert again.left(range(1, 4)) == [1, 3]
    assert again.sums()["failed"] == [2]


def test_results_of_other_stories_are_not_mixed(tmp_path):
    results.Results(tmp_path / "run.json", about={"days": 2}).add(
        results.Result(seed=1, seconds=1.0)
    )
    with pytest.raises(ValueError, match="not of"):
        results.Results(tmp_path / "run.json", about={"days": 3})
