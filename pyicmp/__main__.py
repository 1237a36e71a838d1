"""``python3 -m pyicmp``."""

from __future__ import annotations

import sys

from pyicmp.cli import main

if __name__ == "__main__":
    sys.exit(main())
