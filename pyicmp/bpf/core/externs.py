"""What an object takes from the kernel by name: kfuncs and typed variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.core.access import Refused
from pyicmp.bpf.core.compatible import types_compatible
from pyicmp.bpf.core.names import essential

if TYPE_CHECKING:
    from pyicmp.bpf.core.kernel import Kernel
    from pyicmp.bpf.spec.spec import Spec

__all__ = ["missing_externs"]


def missing_externs(spec: Spec, kernel: Kernel) -> tuple[frozenset[str], list[str]]:
    """
    Return the names that this kernel's BTF lacks, and what makes libbpf refuse the object.

    A weak name may be missing: its address is 0, and a call of it may not be reached. Variables
    without a type come from kallsyms, of which a BTF tells nothing; those count as there.
    """
    absent, refusals = set(), []
    weak = {one.name for one in spec.symbols if one.section is None and one.binding == "WEAK"}
    section = spec.own_btf.find(".ksyms", kinds.Datasec) if spec.own_btf else None
    for info in section.secinfos if section and kernel.has_functions else ():
        local = section.btf.type(info.type_id) if section else None
        if not isinstance(local, (kinds.Func, kinds.Var)) or _untyped(local):
            continue
        why = _missing(local, kernel)
        if why:
            absent.add(local.name)
            if local.name not in weak or "differs" in why:
                refusals.append(why)
    return frozenset(absent), refusals


def _untyped(local: kinds.Type) -> bool:
    return isinstance(local, kinds.Var) and isinstance(local.btf.resolve(local.type_id), kinds.Void)


def _missing(local: kinds.Func | kinds.Var, kernel: Kernel) -> str:
    name = essential(local.name)
    found = next((one for one in kernel.named(name) if type(one) is type(local)), None)
    if found is None:
        what = "kfunc" if isinstance(local, kinds.Func) else "variable"
        return f"this kernel's BTF has no {what} {name}; a module may"
    left, right = local.target, found.target
    if isinstance(local, kinds.Var):
        left, right = local.btf.resolve(left), kernel.btf.resolve(right)
    try:
        same = types_compatible(left, right)
    except Refused:
        same = False
    return "" if same else f"the kernel's {name} differs from what the object declares"
