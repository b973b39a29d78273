"""Draws the picture that a made-up customer sends along: a card statement with a marked line."""

from __future__ import annotations

import io

import PIL.Image
import PIL.ImageDraw

from portal.journeys import taking_files

SIZE = (900, 640)
ROWS = ("CORNER GROCERY", "FERNHILL PET INS", "FERNHILL PET INS", "CITY TRANSIT", "HARDWARE & CO")
PAPER, INK, MARK = (250, 249, 245), (40, 44, 52), (196, 60, 40)


def statement(amount_cents: int) -> taking_files.Upload:
    """A photo of a statement on which `amount_cents` stands twice."""
    image = PIL.Image.new("RGB", SIZE, PAPER)
    pen = PIL.ImageDraw.Draw(image)
    pen.text((60, 50), "Card statement", fill=INK, font_size=34)
    for place, name in enumerate(ROWS):
        top = 140 + place * 84
        cents = amount_cents if name.startswith("FERNHILL") else 1_899 + 1_204 * place
        pen.text((60, top), name, fill=INK, font_size=28)
        pen.text((700, top), f"{cents // 100}.{cents % 100:02d}", fill=INK, font_size=28)
        pen.line((60, top + 56, SIZE[0] - 60, top + 56), fill=(205, 205, 200), width=2)
    pen.rounded_rectangle((40, 300, SIZE[0] - 40, 360), radius=18, outline=MARK, width=4)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=80)
    return taking_files.Upload(name="statement.jpg", data=written.getvalue())
