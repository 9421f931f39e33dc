"""`python -m gpt2_tui` is the command `gpt2-tui`."""

import sys

from gpt2_tui.cli import main

sys.exit(main())
