"""The texts beside a new card or account that are agreed to, and that they are still in force."""

from __future__ import annotations

from portal.documents import agreements
from portal.domain.wallet import consents
from portal.domain.wallet.models import ConsentKind
from portal.journeys import context
from portal.kernel import errors, languages, msgids

_TEXTS = {ConsentKind.STORE: agreements.STORE, ConsentKind.DEBIT: agreements.DEBIT}


class AgreementChanged(errors.DomainError):
    """The page shows another text than is in force now."""

    code = "agreement_changed"
    message = msgids.N_(
        "What you agree to changed while this page was open. Nothing was taken. Please read it "
        "again."
    )


def shown(ctx: context.Context, kind: ConsentKind, *, language: str) -> consents.Shown:
    """The text of that kind as a page shows it in `language`."""
    text = _TEXTS[kind]
    return consents.Shown(
        kind=kind,
        version=text.version,
        language=language,
        text=text.text(language=language, brand=ctx.brand),
    )


def texts(ctx: context.Context, *, language: str) -> dict[str, str]:
    """The texts that a page shows, by their kind: "store", "debit"."""
    return {str(kind): shown(ctx, kind, language=language).text for kind in _TEXTS}


def stamp(language: str) -> str:
    """What a page carries to say which texts it shows, and in which language."""
    return " ".join([language, *(text.version for text in _TEXTS.values())])


def agreed(
    ctx: context.Context, *, stamped: str, keeps: bool, is_bank: bool
) -> tuple[consents.Shown, ...]:
    """The texts that were agreed to on a page that carries `stamped`. Raises AgreementChanged."""
    if not keeps and not is_bank:
        return ()  # a card that is not kept asks for no agreement
    language = stamped.partition(" ")[0]
    if language not in languages.NAMES or stamped != stamp(language):
        raise AgreementChanged()
    kinds = [ConsentKind.STORE] * keeps + [ConsentKind.DEBIT] * is_bank
    return tuple(shown(ctx, kind, language=language) for kind in kinds)
