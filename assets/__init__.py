"""What the program ships besides code: the starter model."""
