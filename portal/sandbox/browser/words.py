"""Knows what the bank's page says in English and Spanish."""

_CHALLENGE = {
    "en": {
        "language": "en",
        "title": "Confirm it is you",
        "lead": "Your bank wants to make sure that this payment is yours.",
        "practice": "This is a practice bank. Choose how the check ends.",
        "complete": "Complete",
        "fail": "Fail",
        "over": "There is nothing to confirm any more.",
        "done": "Thank you. You can go on.",
    },
    "es": {
        "language": "es",
        "title": "Confirme que es usted",
        "lead": "Su banco quiere asegurarse de que este pago es suyo.",
        "practice": "Este es un banco de prácticas. Elija cómo termina la comprobación.",
        "complete": "Completar",
        "fail": "Rechazar",
        "over": "Ya no hay nada que confirmar.",
        "done": "Gracias. Puede continuar.",
    },
}


def challenge(locale: str | None) -> dict[str, str]:
    """The words of the page in the language of a locale such as ``es-MX``; English otherwise."""
    return _CHALLENGE.get((locale or "en").partition("-")[0].lower(), _CHALLENGE["en"])
