"""Boot Debian's own kernels in QEMU and run this project's tests inside them.

``table`` says which kernels and roots there are, ``archive`` finds and fetches them,
``images`` and ``roots`` make cpio archives of them, ``boot`` runs one guest, ``plan`` decides
which boots a set of test files needs, and ``hosting`` shows the guests' tests to the host's pytest.
"""
