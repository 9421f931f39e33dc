"""The stored settings while the desk is open: what they say of keys and theme, and their saving."""

from collections.abc import Collection

from gpt2_tui.errors import StorageError
from gpt2_tui.preferences.file import Stored, save
from gpt2_tui.preferences.options import THEME
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.keymap import changed_keys

DEFAULT_THEME = THEME.empty


class StoredSettings:
    """`faults` are lines for the user: what is wrong in the file, as far as that is known."""

    def __init__(self, stored: Stored, themes: Collection[str]) -> None:
        self.preferences = stored.preferences
        self.keys, wrong_keys = changed_keys(stored.preferences.keys)
        self.theme = stored.preferences.theme or DEFAULT_THEME
        self._path = stored.path
        self.faults = [*stored.faults]
        self.faults += [f"{self._path}: [keys] {fault}" for fault in wrong_keys.values()]
        if self.theme not in themes:
            unknown = one_line(self.theme)
            self.faults.append(f"{self._path}: there is no theme {unknown}; the default is used")
            self.theme = DEFAULT_THEME

    def store(self, preferences: Preferences) -> str:
        """Save what differs; what to say of it. Raises StorageError."""
        before = self.preferences
        self.preferences = preferences
        self.keys, _ = changed_keys(preferences.keys)
        self.theme = preferences.theme or DEFAULT_THEME
        path = save(self._path, before, preferences)
        if path == self._path:
            return f"Stored in {path}"
        return f"There is a fault in {self._path}, so it was left alone; all is stored in {path}"

    def store_theme(self, theme: str) -> None:
        """Remember a theme that was chosen. Raises StorageError, also where the file has a fault:
        that is no occasion to write another one."""
        if self.faults:
            raise StorageError(f"the theme is not stored: first mend {self._path}")
        if theme != self.theme:
            self.store(self.preferences.with_values({THEME.name: theme}))
