"""Tests in this folder run in booted kernels, never on the host (see harness/)."""

import os

if "PYICMP_GUEST" not in os.environ:
    from tests.kernels.harness.hosting import (  # noqa: F401
        pytest_addoption,
        pytest_collection_modifyitems,
        pytest_pycollect_makemodule,
        pytest_terminal_summary,
    )
