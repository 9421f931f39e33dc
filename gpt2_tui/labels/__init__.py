"""Labels: who wrote which part of a text, and the record that says so, in every format."""
