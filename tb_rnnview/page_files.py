"""The files of the page: which there are, and what each is served as."""

from __future__ import annotations

import hashlib
from pathlib import Path

import tb_rnnview

# Hard-coded: Python's table of MIME types depends on the machine's registry.
_MIME_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def page_folder() -> Path:
    """The folder of the page.

    It lies inside the package when installed from a wheel, beside it in a checkout (which an
    editable install uses).

    Raises:
        FileNotFoundError: it is in neither place.
    """
    package = Path(tb_rnnview.__file__).parent
    for folder in (package / "plugin_static", package.parent / "plugin_static"):
        if (folder / "index.js").is_file():
            return folder
    raise FileNotFoundError("the files of the page are missing: reinstall tb-rnnview")


def page_files() -> dict[str, Path]:
    """The files that are served, by their path below the page's folder, with "/" in front.

    This is the whole list: nothing that is not on it is ever opened, whatever is asked for.
    """
    folder = page_folder()
    return {
        "/" + path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in _MIME_TYPES and path.is_file()
    }


def mime_type(path: Path) -> str:
    """What a file of the page is served as."""
    return _MIME_TYPES[path.suffix]


def entity_tag(content: bytes) -> str:
    """Changes whenever the content does, so that an unchanged file need not be sent again."""
    return hashlib.sha256(content).hexdigest()[:32]
