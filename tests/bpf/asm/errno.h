/* SPDX-License-Identifier: GPL-2.0 */
/* What <bpf/usdt.bpf.h> takes from the C library's headers, which the BPF target has not got. */
#include <asm-generic/errno.h>
