"""Files of strangers: photos are made anew, PDFs must be nothing else, all others are refused."""

from __future__ import annotations

import io

import PIL.Image
import pytest

from portal.journeys import taking_files
from portal.journeys.taking_files import Upload
from tests.support import files


def take(data: bytes, name: str = "photo.jpg") -> taking_files.CleanFile:
    (clean,) = taking_files.check([Upload(name=name, data=data)])
    return clean


def opened(clean: taking_files.CleanFile) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(clean.data))


@pytest.mark.parametrize(
    ("data", "name", "kept", "media_type"),
    [
        (files.picture("JPEG"), "a.jpeg", "a.jpg", "image/jpeg"),
        (files.picture("PNG"), "a.png", "a.png", "image/png"),
        (files.picture("PNG", mode="RGBA"), "b.PNG", "b.png", "image/png"),
        (files.picture("WEBP"), "a.webp", "a.jpg", "image/jpeg"),
        (files.picture("WEBP", mode="RGBA"), "a.webp", "a.png", "image/png"),
        (files.picture("GIF"), "a.gif", "a.png", "image/png"),
        (files.heic(), "IMG_0001.HEIC", "IMG_0001.jpg", "image/jpeg"),
        (files.PDF, "letter.pdf", "letter.pdf", "application/pdf"),
    ],
)
def test_photos_and_pdfs_are_taken_for_what_they_are(data, name, kept, media_type):
    clean = take(data, name)
    assert (clean.name, clean.media_type) == (kept, media_type)


def test_the_content_counts_and_not_the_name():
    assert take(files.picture("PNG"), "letter.pdf").media_type == "image/png"
    assert take(files.PDF, "photo.jpg").name == "photo.pdf"


def test_a_photo_is_made_anew_upright_and_tells_no_place():
    sent = files.with_place()
    assert b"Camera of Maria" in sent
    clean = take(sent)
    assert b"Camera of Maria" not in clean.data
    image = opened(clean)
    assert not image.getexif()
    assert image.size == (30, 40)


def test_what_stands_behind_a_photo_is_gone():
    clean = take(files.picture() + files.HTML + files.ZIP)
    assert b"script" not in clean.data
    assert b"PK" not in clean.data


def test_a_large_photo_is_made_smaller():
    clean = take(files.picture(size=(4000, 1000)))
    assert opened(clean).size == (3000, 750)


def test_of_an_animation_the_first_picture_is_kept():
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    image = opened(take(out.getvalue()))
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [files.SVG, files.HTML, files.EXE, files.ZIP, b"just words", b"\x00" * 64, b"#!/bin/sh\nrm"],
    ids=["svg", "html", "exe", "zip", "text", "zeros", "script"],
)
def test_everything_else_is_refused_whatever_its_name(data):
    with pytest.raises(taking_files.FileOfWrongKind, match=r"photo\.jpg is not a photo or a PDF"):
        take(data, "photo.jpg")


@pytest.mark.parametrize(
    "data",
    [
        files.HTML + files.PDF,
        b"\n" + files.PDF,
        files.ZIP + files.PDF,
    ],
)
def test_a_pdf_that_begins_as_something_else_is_refused(data):
    with pytest.raises(taking_files.FileRefused):
        take(data, "letter.pdf")


@pytest.mark.parametrize(
    "data",
    [
        files.PDF + files.HTML,
        files.PDF + files.ZIP,
        files.PDF.replace(b"%PDF-1.4\n", b"%PDF-1.4\n<script>alert(1)</script>\n"),
        files.PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (1) >>"),
        files.PDF.replace(b"/Catalog", b"/Catalog /AA << /S /Launch >>"),
        files.PDF.replace(b"startxref\n107\n", b"startxref\n99999\n"),
        files.PDF.replace(b"%%EOF", b""),
        files.PDF.replace(b"%PDF-1.4", b"%PDF-9.9"),
        b"%PDF-1.4\n",
    ],
    ids=["html-after", "zip-after", "script", "js", "launch", "xref", "no-end", "version", "head"],
)
def test_a_pdf_that_is_more_or_less_than_a_pdf_is_refused(data):
    with pytest.raises(taking_files.PdfNotSound):
        take(data, "letter.pdf")


def test_a_bomb_is_refused_before_it_is_unpacked():
    sent = files.bomb()
    assert len(sent) < 200
    with pytest.raises(taking_files.ImageTooLarge):
        take(sent)


def test_just_too_many_pixels_are_refused():
    with pytest.raises(taking_files.ImageTooLarge):
        take(files.bomb(10_000, 5_001))


@pytest.mark.parametrize("data", [files.picture()[:200], files.bomb(40, 40), b"\xff\xd8\xff\xe0xx"])
def test_a_broken_photo_is_refused(data):
    with pytest.raises(taking_files.FileRefused):
        take(data)


def test_an_empty_file_is_refused():
    with pytest.raises(taking_files.FileEmpty):
        take(b"")


def test_ten_megabytes_are_taken_and_more_are_not():
    room = taking_files.BYTES_MOST - len(files.PDF)
    filler = b"%" + b"x" * (room - 2) + b"\n"
    whole = files.PDF.replace(b"1 0 obj", filler + b"1 0 obj", 1)
    assert len(take(whole, "a.pdf").data) == taking_files.BYTES_MOST
    with pytest.raises(taking_files.FileTooLarge, match="10 MB"):
        take(whole + b"\n", "a.pdf")


def test_six_files_are_too_many():
    upload = Upload(name="a.jpg", data=files.picture())
    assert len(taking_files.check([upload] * 5)) == 5
    with pytest.raises(taking_files.TooManyFiles):
        taking_files.check([upload] * 6)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\maria\\photo.png", "photo.jpg"),
        ("a\r\nSet-Cookie: x\x00\u202e.jpg", "aSet-Cookie: x.jpg"),
        ("", "file.jpg"),
        ("x" * 300 + ".jpg", "x" * 80 + ".jpg"),
    ],
)
def test_names_are_made_plain(name, kept):
    assert take(files.picture(), name).name == kept


def test_kept_files_lie_under_their_hash(quiet_ctx):
    sent = [Upload(name="letter.pdf", data=files.PDF)]
    (kept,) = taking_files.keep(quiet_ctx, sent)
    assert quiet_ctx.blobs.get(kept.sha256) == files.PDF
    assert kept.size_bytes == len(files.PDF)
