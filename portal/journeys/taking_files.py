"""Takes files from strangers: judged by content, images made anew, PDFs only when they look sound.

Nothing that was sent is kept as it came but a PDF, and that is only ever downloaded.
"""

from __future__ import annotations

import dataclasses
import io
import re
import unicodedata
import warnings
from collections.abc import Sequence

import PIL.Image
import PIL.ImageOps
import pillow_heif
import puremagic

from portal.domain.disputes.operations import writing
from portal.journeys import context
from portal.kernel import errors, msgids

N_ = msgids.N_
FILES_MOST = 5
BYTES_MOST = 10 * 1024 * 1024
PIXELS_MOST = 50_000_000
EDGE_MOST = 3000
NAME_MOST = 80
JPEG_QUALITY = 85
PNG_BYTES_MOST = 6 * 1024 * 1024
PDF = "application/pdf"
# what the content says it is -> the only decoder that may touch it
DECODERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
}
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc", b"hevx")
PDF_HEAD = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n ]")
PDF_TAIL = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF[\s\x00]*\Z")
PDF_HARMFUL = re.compile(rb"/(JavaScript|JS|Launch|RichMedia)\b")
MARKUP = re.compile(rb"<\s*(html|script|svg|!doctype|\?php|\?xml)", re.IGNORECASE)
ZIP_END = b"PK\x05\x06"
TAIL_BYTES = 66_000
HEAD_BYTES = 1024

pillow_heif.register_heif_opener()
PIL.Image.MAX_IMAGE_PIXELS = PIXELS_MOST
warnings.filterwarnings("error", category=PIL.Image.DecompressionBombWarning)


class FileRefused(errors.DomainError):
    """One of the files cannot be taken; `name` is how its owner calls it."""

    code = "file_refused"
    message = N_("%(name)s cannot be read. Please send a photo or a PDF.")


class TooManyFiles(FileRefused):
    """More files than one message takes."""

    code = "file_too_many"
    message = N_("Please choose at most %(most)s files.")


class FileTooLarge(FileRefused):
    """More bytes than one file may have."""

    code = "file_too_large"
    message = N_("%(name)s is larger than %(most)s MB. Please send a smaller one.")


class FileEmpty(FileRefused):
    """Nothing in it."""

    code = "file_empty"
    message = N_("%(name)s is empty. Please choose it again.")


class FileOfWrongKind(FileRefused):
    """Neither a photo nor a PDF, whatever its name says."""

    code = "file_wrong_kind"
    message = N_("%(name)s is not a photo or a PDF. Please send a photo of it instead.")


class ImageTooLarge(FileRefused):
    """More pixels than we decode."""

    code = "file_too_many_pixels"
    message = N_("%(name)s has too many pixels. Please send a smaller photo.")


class PdfNotSound(FileRefused):
    """A PDF that is broken, or more than a PDF."""

    code = "file_pdf_not_sound"
    message = N_("%(name)s is not a plain PDF. Please print it to a new PDF, or send a photo.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it came: the name that was sent with it, and its bytes."""

    name: str
    data: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class CleanFile:
    """A file that may be kept: an image made anew, or a PDF as it came."""

    name: str
    media_type: str
    data: bytes


def check(files: Sequence[Upload]) -> tuple[CleanFile, ...]:
    """The files as they may be kept. Raises a FileRefused that names the first bad one."""
    if len(files) > FILES_MOST:
        raise TooManyFiles(name="", most=FILES_MOST)
    return tuple(_clean(file) for file in files)


def keep(ctx: context.Context, files: Sequence[Upload]) -> tuple[writing.KeptFile, ...]:
    """Check the files and store their bytes under their hash, before any transaction.

    Raises a FileRefused; nothing is stored then.
    """
    return tuple(
        writing.KeptFile(
            name=file.name,
            media_type=file.media_type,
            size_bytes=len(file.data),
            sha256=ctx.blobs.put(file.data),
        )
        for file in check(files)
    )


def _clean(file: Upload) -> CleanFile:
    name = _plain_name(file.name)
    if not file.data:
        raise FileEmpty(name=name)
    if len(file.data) > BYTES_MOST:
        raise FileTooLarge(name=name, most=BYTES_MOST // 1024 // 1024)
    kind = _kind(file.data)
    if kind == PDF:
        _check_pdf(name, file.data)
        return CleanFile(name=_renamed(name, "pdf"), media_type=PDF, data=file.data)
    if kind not in DECODERS:
        raise FileOfWrongKind(name=name, kind=kind)
    return _redrawn(name, file.data, DECODERS[kind])


def _kind(data: bytes) -> str:
    """The media type that the first bytes tell; the name is not asked."""
    if data.startswith(b"%PDF-"):
        return PDF
    if data[4:8] == b"ftyp":
        return "image/heic" if data[8:12] in HEIF_BRANDS else "video/mp4"
    try:
        return puremagic.from_string(data[:4096], mime=True)
    except (puremagic.PureError, ValueError):
        return ""


def _redrawn(name: str, data: bytes, decoder: str) -> CleanFile:
    """The picture alone, upright, no larger than needed, without anything written beside it."""
    try:
        with PIL.Image.open(io.BytesIO(data), formats=(decoder,)) as image:
            if image.width * image.height > PIXELS_MOST:
                raise ImageTooLarge(name=name)
            upright = PIL.ImageOps.exif_transpose(image)
            upright.thumbnail((EDGE_MOST, EDGE_MOST))
            has_alpha = upright.has_transparency_data
            plain = upright.convert("RGBA" if has_alpha else "RGB")
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
        raise ImageTooLarge(name=name) from None
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError):
        raise FileRefused(name=name) from None
    drawn = PIL.Image.new(plain.mode, plain.size)
    drawn.paste(plain)
    if decoder in ("PNG", "GIF") or has_alpha:
        out = io.BytesIO()
        drawn.save(out, "PNG", optimize=False)
        if out.tell() <= PNG_BYTES_MOST:
            return CleanFile(
                name=_renamed(name, "png"), media_type="image/png", data=out.getvalue()
            )
    out = io.BytesIO()
    drawn.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    return CleanFile(name=_renamed(name, "jpg"), media_type="image/jpeg", data=out.getvalue())


def _check_pdf(name: str, data: bytes) -> None:
    """Refuse what begins or ends as something else too, and what would run.

    Objects in compressed streams are not looked into: the file is never opened here, only sent
    on as a download.
    """
    tail = PDF_TAIL.search(data[-TAIL_BYTES:])
    sound = (
        PDF_HEAD.match(data)
        and tail
        and int(tail[1]) < len(data)
        and not MARKUP.search(data[:HEAD_BYTES])
        and ZIP_END not in data[-TAIL_BYTES:]
        and not PDF_HARMFUL.search(data)
    )
    if not sound:
        raise PdfNotSound(name=name)


def _plain_name(name: str) -> str:
    """The last part of the name, without control characters, short."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    return kept[:NAME_MOST] or "file"


def _renamed(name: str, ending: str) -> str:
    stem, dot, old = name.rpartition(".")
    return f"{stem if dot and len(old) <= 5 and stem else name}.{ending}"
