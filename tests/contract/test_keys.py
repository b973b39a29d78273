"""Only a test account's key is ever asked with."""

from __future__ import annotations

import pytest

from tests.support import counterparts


@pytest.mark.parametrize("key", ["sk_test_x", "rk_test_x"])
def test_a_test_key_asks_stripe_too(key: str) -> None:
    assert counterparts.names({counterparts.VARIABLE: key}) == ["sandbox", "stripe"]


@pytest.mark.parametrize("environ", [{}, {counterparts.VARIABLE: ""}])
def test_without_a_key_the_sandbox_alone_answers(environ: dict[str, str]) -> None:
    assert counterparts.names(environ) == ["sandbox"]


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x", "pk_test_x", "whsec_x"])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key of a test account"):
        counterparts.names({counterparts.VARIABLE: key})
