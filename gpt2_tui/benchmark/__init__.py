"""How fast a model writes on this machine, beside what the machine itself can do."""
