"""What the made-up customers and specialists write to each other, as data, in both languages."""

from __future__ import annotations

from portal.domain.disputes.categories import Category

# category -> what customers write, by language; {pet} is the pet's name
RAISED = {
    Category.WRONG_AMOUNT: {
        "en": (
            "My bill for {pet} is higher than last month and nobody told me why. I did not change "
            "anything on the policy.",
            "You quoted me a lower price on the phone for {pet}. Please look at the notes and "
            "correct this bill.",
            "The total on this one doesn't match my welcome letter. I think the wellness add-on "
            "that I turned down for {pet} is still on there.",
        ),
        "es": (
            "La factura de {pet} es más alta que la del mes pasado y nadie me explicó por qué. "
            "No cambié nada en la póliza.",
        ),
    },
    Category.CHARGED_TWICE: {
        "en": (
            "I see two charges from you on my card this week. I only have one pet with you! Please "
            "check and send one back.",
            "My bank shows this payment two times. {pet} is not that expensive.",
        ),
        "es": ("En mi tarjeta aparecen dos cargos de ustedes esta semana. Revisen, por favor.",),
    },
    Category.PAYMENT_NOT_CREDITED: {
        "en": (
            "I paid this and have the e-mail, but {pet}'s bill still looked open when I called. "
            "Please make sure the money went to the right place.",
        ),
        "es": ("Ya pagué y tengo el recibo, pero la factura de {pet} seguía pendiente.",),
    },
    Category.AUTOPAY_NOT_RECOGNISED: {
        "en": (
            "I never agreed to have my card charged by itself. This went out while I was on "
            "vacation.",
            "Who set this up? I always pay {pet}'s bills myself.",
        ),
        "es": ("Yo nunca acepté pagos automáticos. ¿Quién autorizó este cargo?",),
    },
    Category.CHARGED_AFTER_CANCELLATION: {
        "en": (
            "{pet} passed away in the spring and I called to cancel the same week. You still "
            "charged me.",
            "I canceled {pet}'s policy by phone on a Monday and the charge came that Thursday.",
        ),
        "es": ("Cancelé la póliza de {pet} por teléfono y de todos modos me cobraron.",),
    },
    Category.REFUND_NOT_RECEIVED: {
        "en": (
            "I was promised money back almost three weeks ago and nothing is on my card.",
            "Still waiting for the refund for {pet}. My bank says there is nothing on the way.",
        ),
        "es": ("Me prometieron un reembolso hace semanas y no ha llegado nada a mi tarjeta.",),
    },
    Category.FEE: {
        "en": (
            "Why do I pay an installment fee every month? It was not in the quote for {pet}.",
            "I set this to pay in full and still got the three dollar fee. Please take it off.",
        ),
        "es": ("¿Por qué me cobran un cargo por pagar a plazos? No estaba en la cotización.",),
    },
    Category.WRONG_PET_OR_POLICY: {
        "en": (
            "This is {pet}'s bill but I meant to pay for my other one. Can you move it?",
            "The breed on this bill is wrong, I think it belongs to another family.",
        ),
        "es": ("Esta factura es de {pet}, pero yo quería pagar la de mi otra mascota.",),
    },
    Category.FREE_LOOK_OR_CANCEL: {
        "en": (
            "I changed my mind about the policy for {pet}. The letter says I can get everything "
            "back in the first weeks.",
            "We found out {pet} is covered through my wife's work. Please cancel and refund.",
        ),
        "es": ("Cambié de opinión sobre la póliza de {pet} y quisiera cancelarla.",),
    },
    Category.RATE_INCREASE: {
        "en": (
            "The renewal went up and {pet} has never had a single claim. How is that fair?",
            "I did not get any letter about the new price for {pet}. I would like the old one.",
        ),
        "es": ("La renovación de {pet} subió de precio y nunca hemos hecho un reclamo.",),
    },
    Category.CLAIM_OFFSET: {
        "en": (
            "You approved {pet}'s dental claim in part. I thought the rest would come off this "
            "bill.",
        ),
        "es": ("Aprobaron el reclamo dental de {pet} y pensé que se descontaría de la factura.",),
    },
    Category.SOMETHING_ELSE: {
        "en": (
            "Could you change the day the bills are due? I get paid on the 15th.",
            "I need a letter for my landlord that {pet} is insured, with what I paid this year.",
        ),
        "es": ("Necesito una carta que diga que {pet} está asegurado y cuánto pagué este año.",),
    },
}

REPLY = {
    "en": (
        "Thank you for writing. I have your bills in front of me and will check each line. You "
        "will hear from me as soon as I know more; nothing is due on the disputed part meanwhile.",
        "I am sorry for the trouble. I have asked the team that set this up, and I will write "
        "again within two days.",
    ),
    "es": (
        "Gracias por escribirnos. Estoy revisando sus facturas línea por línea y le escribiré en "
        "cuanto sepa más. Mientras tanto no tiene que pagar la parte en disputa.",
    ),
}
ASK = {
    "en": (
        "So that I can find it: could you send a picture of the charge on your card statement, "
        "with the date and the amount?",
        "Could you tell me on which day you called us, and the name of the person you spoke with?",
    ),
    "es": (
        "Para poder encontrarlo, ¿podría enviarnos una foto del cargo en su estado de cuenta, con "
        "la fecha y el monto?",
    ),
}
CUSTOMER_BACK = {
    "en": (
        "Here it is. The charge was on the second line, I marked it.",
        "I called on a Tuesday around lunch. I don't remember the name, sorry.",
    ),
    "es": ("Aquí está. El cargo aparece en la segunda línea.",),
}
REOPENED = {
    "en": (
        "I read your answer, but it does not explain the difference. Please look again.",
        "Thanks, but the fee is on the next bill again, so this is not solved.",
    ),
    "es": ("Leí su respuesta, pero no explica la diferencia. Revisen de nuevo, por favor.",),
}
NOTES = (
    "Called back, no answer. Left a message.",
    "Compared with the quote in the enrolment file: the add-on was never declined in writing.",
    "Same household wrote about this in the chat last week.",
    "Stripe shows one charge only; the second line on the statement is the pending one.",
    "Asked underwriting for the breed on file.",
)

# What the decision says to the customer, and the reason that stays in the log
DECLINED = {
    "en": (
        "We went through the bill with you line by line: the premium, the tax and the fee are as "
        "in your policy, so the bill stands. If we missed something, reply within 30 days.",
        "Your bank showed the charge twice while it was pending. Only one payment reached us, and "
        "the second line disappears by itself in a few days.",
    ),
    "es": (
        "Revisamos la factura línea por línea y los montos son los de su póliza, así que no "
        "cambia. Si se nos escapó algo, responda dentro de 30 días.",
    ),
}
DECLINED_REASON = "The lines agree with the policy and with Stripe."
REFUNDED = {
    "en": (
        "You were right, and we are sorry. The difference goes back to your card; banks take up to "
        "ten business days to show it.",
    ),
    "es": (
        "Usted tenía razón y lo sentimos. Le devolvemos la diferencia a su tarjeta; el banco puede "
        "tardar hasta diez días hábiles.",
    ),
}
REFUNDED_REASON = "Billed above the quote; the difference is given back."
CREDITED = {
    "en": ("You were right. We took this off your bill, and the new total shows in your account.",),
    "es": ("Usted tenía razón. Descontamos este monto de su factura.",),
}
CREDITED_REASON = "Should not have been charged."
FREE_LOOK = {
    "en": (
        "You wrote within your free look period and no claim was filed, so all you paid comes back "
        "to your card.",
    ),
    "es": (
        "Nos escribió dentro del período de prueba y sin reclamos, así que le devolvemos todo lo "
        "que pagó.",
    ),
}
FREE_LOOK_REASON = "Free look: in time, no claim on file, flat refund."
WITHOUT_MONEY = {
    "en": (
        "Done: your account shows it from today on. There was nothing to pay back. Thank you for "
        "telling us.",
    ),
    "es": ("Listo: ya aparece en su cuenta. Gracias por avisarnos.",),
}
WITHOUT_MONEY_REASON = "Settled without money."
DUPLICATE = {
    "en": ("You wrote to us about this before; we go on in that dispute, so this one is closed.",),
    "es": ("Ya nos había escrito sobre esto; seguimos en esa disputa y cerramos esta.",),
}
DUPLICATE_REASON = "The same question as in an earlier case."
RETURNED_REASON = "Please add the quote from the file, and check whether the fee is in the amount."
PAID_MEANWHILE = {
    "en": (
        "Your payment arrived just after we had taken the bill off, so it was not needed any more. "
        "It goes back to your card in full.",
    ),
    "es": (
        "Su pago llegó justo después de que anulamos la factura. Se lo devolvemos completo a su "
        "tarjeta.",
    ),
}
PAID_MEANWHILE_REASON = "Paid while the bill was being credited; nothing else is open."
