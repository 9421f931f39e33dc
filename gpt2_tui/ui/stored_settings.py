"""The stored settings while the desk is open: what they say of keys and theme, and their saving."""

from collections.abc import Collection

from gpt2_tui.errors import StorageError
from gpt2_tui.preferences.file import Stored, read, save
from gpt2_tui.preferences.options import THEME
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.keymap import changed_keys

_DEFAULT_THEME = THEME.empty


class StoredSettings:
    """`keys` are those that differ from the table, `theme` is one that there is; `faults` are
    lines for the user."""

    def __init__(self, stored: Stored, themes: Collection[str]) -> None:
        self._path = stored.path
        self._themes = themes
        self._saved = stored.preferences
        self.theme = _DEFAULT_THEME
        self.faults = [*stored.faults, *self._wrong_names(stored.preferences)]
        self._take(stored.preferences)

    def store(self, preferences: Preferences) -> str:
        """Go by `preferences`, and save what differs; what to say of it.

        Raises StorageError; then they count until the desk is left.
        """
        self._take(preferences)
        if self._is_file_sound():
            save(self._path, self._saved, preferences)
            self._saved = preferences
            return f"Stored in {self._path}"
        beside = save(self._path, self._saved, preferences, beside=True)
        return f"{self._path} has a fault and was left alone; all is stored in {beside}"

    def store_theme(self, theme: str) -> None:
        """Remember a theme that was chosen. Raises StorageError, also where the file has a fault:
        a theme is no occasion for a second file."""
        if theme == self.theme:
            return
        self.theme = theme
        if not self._is_file_sound():
            raise StorageError(f"the theme is not stored; mend {self._path} first")
        self.store(self.preferences.with_values({THEME.name: theme}))

    def _take(self, preferences: Preferences) -> None:
        self.preferences = preferences
        self.keys, _ = changed_keys(preferences.keys)
        known = preferences.theme in self._themes
        self.theme = preferences.theme if known else _DEFAULT_THEME

    def _is_file_sound(self) -> bool:
        """Whether nothing is wrong in the file, as it is now."""
        stored = read(self._path)
        return not (stored.faults or self._wrong_names(stored.preferences))

    def _wrong_names(self, preferences: Preferences) -> list[str]:
        """What only the screen knows to be wrong: actions, keys and themes."""
        _, wrong_keys = changed_keys(preferences.keys)
        faults = [f"{self._path}: [keys] {fault}" for fault in wrong_keys.values()]
        if preferences.theme and preferences.theme not in self._themes:
            unknown = one_line(preferences.theme)
            faults.append(f"{self._path}: there is no theme {unknown}; the default is used")
        return faults
