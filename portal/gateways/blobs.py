"""Files kept in a folder under the hash of their bytes; knows nothing of what they are."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import tempfile

_HASH = re.compile(r"[0-9a-f]{64}")


class FolderBlobs:
    """A `ports.BlobStore` on a folder, which many processes may share."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep `data`, wholly or not at all; its SHA-256 in hex."""
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if path.exists():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        pathlib.Path(draft).replace(path)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises KeyError when there are none under that hash."""
        path = self._path(sha256)
        if not path.is_file():
            raise KeyError(sha256)
        return path.read_bytes()

    def _path(self, name: str) -> pathlib.Path:
        if not _HASH.fullmatch(name):
            raise KeyError(name)
        return self._folder / name[:2] / name
