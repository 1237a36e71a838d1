"""
CO-RE without a kernel: what libbpf would make of an object, given a kernel's BTF; pure Python.

The rules are libbpf's (src/relo_core.c of libbpf 1.7); the words are its too: a *relocation* asks
something of a *local* type, *candidates* are the kernel's types of that name, the *target* is the
one that matches, and an instruction without a target is *poisoned*: the kernel refuses it if it
can be reached.
"""
