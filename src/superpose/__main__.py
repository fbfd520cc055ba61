"""``python -m superpose``: the program, where its folder is not on the search path."""

import sys

from superpose.cli.program import main

sys.exit(main())
