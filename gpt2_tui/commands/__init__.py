"""The commands, one file each: `add_arguments` describes one, `run` does it."""
