"""The samples and drafts saved on this machine: found, shown, put into a bin and brought back."""
