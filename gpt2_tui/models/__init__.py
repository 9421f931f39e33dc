"""Model folders: what is in one, how it is checked, and which there are."""
