"""``python3 -m tests.kernels.harness``."""

import sys

from .cli import main

sys.exit(main())
