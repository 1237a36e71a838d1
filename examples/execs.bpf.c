// SPDX-License-Identifier: GPL-2.0
/* Each program that is started, from the tracepoint that fires once it has begun. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct exec {
	__u32 pid;
	__u32 parent_pid;
	char comm[16];
	char filename[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} execs SEC(".maps");

/* Not inlined, so that struct exec stands in the object's BTF. */
static __noinline int fill_exec(struct exec *exec, const char *filename)
{
	bpf_get_current_comm(exec->comm, sizeof(exec->comm));
	return bpf_probe_read_kernel_str(exec->filename, sizeof(exec->filename), filename);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct exec *exec = bpf_ringbuf_reserve(&execs, sizeof(*exec), 0);

	if (!exec)
		return 0;
	exec->pid = task->tgid;
	exec->parent_pid = task->real_parent->tgid;
	fill_exec(exec, bprm->filename);
	bpf_ringbuf_submit(exec, 0);
	return 0;
}
