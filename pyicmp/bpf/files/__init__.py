"""Where a kernel's BTF may come from: plain, in an ELF file, packed, in a kernel image."""
