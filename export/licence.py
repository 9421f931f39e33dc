"""The licence that a checkpoint's README states."""

import re
from pathlib import Path

README_FILE = "README.md"
NOT_STATED = "not stated"
_LARGEST_HEAD = 64 << 10
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)
_LICENCE = re.compile(r"^license:[ \t]*[\"']?([A-Za-z0-9][A-Za-z0-9._-]{0,60})[\"']?[ \t]*$", re.M)


def stated_licence(folder: Path) -> str | None:
    """The value of `license:` in the front matter of README.md, if it is there and simple.

    Front matter is YAML between two lines `---`; only a plain word on the same line is taken.
    """
    path = folder / README_FILE
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(_LARGEST_HEAD).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return None  # the licence is a note, not a reason to refuse the weights
    front_matter = _FRONT_MATTER.match(head)
    licence = _LICENCE.search(front_matter[1]) if front_matter else None
    return licence[1] if licence else None
