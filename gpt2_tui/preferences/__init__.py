"""What a user stored for good: defaults, theme, keys and presets, and the file that holds them."""
