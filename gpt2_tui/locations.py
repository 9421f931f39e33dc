"""Every folder the program reads or writes of its own accord, and paths as users type them."""

from pathlib import Path

import platformdirs

APP = "gpt2-tui"


def data_folder() -> Path:
    """The user's own: samples, drafts and models."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def samples_folder() -> Path:
    return data_folder() / "samples"


def drafts_folder() -> Path:
    return data_folder() / "drafts"


def history_folder() -> Path:
    """What the drafts were before, and whose words are whose in them."""
    return data_folder() / "history"


def bin_folder() -> Path:
    """Samples and drafts that were deleted, from where they can be brought back."""
    return data_folder() / "bin"


def models_folder() -> Path:
    return data_folder() / "models"


def signing_key_file() -> Path:
    return data_folder() / "keys" / "signing-key.pem"


def known_signers_file() -> Path:
    """A line a key that the user knows: its fingerprint and a name."""
    return data_folder() / "keys" / "known-signers.txt"


def cache_folder() -> Path:
    """What may be deleted at any time and is made again."""
    return Path(platformdirs.user_cache_dir(APP, appauthor=False))


def library_index_file() -> Path:
    """What is in the samples and drafts, for searching; made anew from them."""
    return cache_folder() / "library.sqlite3"


def downloads_folder() -> Path:
    """Checkpoints from the hub, while they are fetched and exported."""
    return cache_folder() / "downloads"


def last_use_folder() -> Path:
    """One empty file a model, whose time is that of the model's last use."""
    return cache_folder() / "last-use"


def config_folder() -> Path:
    """The user's own settings."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def settings_file() -> Path:
    return config_folder() / "settings.toml"


def log_folder() -> Path:
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


def assets_folder() -> Path:
    """What the program ships: next to the package once installed, else in the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


def typed_path(text: str) -> Path:
    """The path that a user typed: `~` is a home folder, unless there is no such user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
