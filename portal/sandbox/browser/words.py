"""Knows what the bank's pages say in English and Spanish."""

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


_VERIFICATION = {
    "en": {
        "language": "en",
        "title": "Verify your bank account",
        "lead": "Two small deposits were sent to your account. Enter both amounts in cents.",
        "lead_code": "A deposit of $0.01 was sent to your account. Enter the code beside it, which "
        "begins with SM.",
        "practice": "This is a practice bank: the amounts are 32 and 45.",
        "practice_code": "This is a practice bank: the code is SM11AA.",
        "first": "First amount, in cents",
        "second": "Second amount, in cents",
        "code": "Code",
        "verify": "Verify",
        "mismatch": "That is not what was sent.",
        "unreadable": "Please enter what your bank statement shows.",
        "left": "You can try %s more times.",
        "failed": "The account could not be verified. Please choose another way to pay.",
        "over": "There is nothing to verify any more.",
        "done": "Thank you. Your bank account is verified.",
    },
    "es": {
        "language": "es",
        "title": "Verifique su cuenta bancaria",
        "lead": "Hemos enviado dos pequeños depósitos a su cuenta. Escriba los dos importes en "
        "centavos.",
        "lead_code": "Hemos enviado un depósito de $0.01 a su cuenta. Escriba el código que lo "
        "acompaña; empieza por SM.",
        "practice": "Este es un banco de prácticas: los importes son 32 y 45.",
        "practice_code": "Este es un banco de prácticas: el código es SM11AA.",
        "first": "Primer importe, en centavos",
        "second": "Segundo importe, en centavos",
        "code": "Código",
        "verify": "Verificar",
        "mismatch": "No es lo que se envió.",
        "unreadable": "Escriba lo que aparece en el extracto de su banco.",
        "left": "Puede intentarlo %s veces más.",
        "failed": "No se pudo verificar la cuenta. Elija otra forma de pago.",
        "over": "Ya no hay nada que verificar.",
        "done": "Gracias. Su cuenta bancaria está verificada.",
    },
}


def challenge(locale: str | None) -> dict[str, str]:
    """The words of the page in the language of a locale such as ``es-MX``; English otherwise."""
    return _CHALLENGE[_language(locale)]


def verification(locale: str | None) -> dict[str, str]:
    """The words of the page about small deposits, likewise."""
    return _VERIFICATION[_language(locale)]


def _language(locale: str | None) -> str:
    return "es" if (locale or "en").partition("-")[0].lower() == "es" else "en"
