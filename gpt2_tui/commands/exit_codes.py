"""The exit codes of every command."""

DONE = 0
CHECK_FAILED = 1
UNUSABLE_INPUT = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
