"""Between bytes, text and token ids, and how text is made safe to show."""
