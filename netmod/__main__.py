"""``python -m netmod``."""

import sys

from netmod.cli import main

if __name__ == "__main__":
    sys.exit(main())
