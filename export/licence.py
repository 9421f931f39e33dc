"""The licence that a checkpoint's README or LICENSE file states."""

import re
from pathlib import Path

README_FILE = "README.md"
LICENCE_FILE = "LICENSE"
NOT_STATED = "not stated"
_LARGEST_HEAD = 64 << 10
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)
_LICENCE = re.compile(r"^license:[ \t]*[\"']?([A-Za-z0-9][A-Za-z0-9._-]{0,60})[\"']?[ \t]*$", re.M)

# Such as "Modified MIT License", OpenAI's for GPT-2.
_TITLE = re.compile(r"\A\s*((?:[A-Za-z0-9][A-Za-z0-9.-]*[ ]){1,8}Licen[cs]e)[ \t]*$", re.MULTILINE)


def stated_licence(folder: Path) -> str | None:
    """The licence of the checkpoint in `folder`, if it is stated there in few words.

    That is the value of `license:` in the front matter of README.md, or else the title of LICENSE.
    Front matter is YAML between two lines `---`; only a plain word on the same line is taken.
    """
    front_matter = _FRONT_MATTER.match(_head(folder / README_FILE))
    licence = _LICENCE.search(front_matter[1]) if front_matter else None
    licence = licence or _TITLE.match(_head(folder / LICENCE_FILE))
    return licence[1] if licence else None


def _head(path: Path) -> str:
    """The beginning of a text file, empty if there is none."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST_HEAD).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""  # the licence is a note, not a reason to refuse the weights
