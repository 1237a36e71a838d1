/*
 * Attaching: the two system calls that have no function in every libbpf since 1.1. Asked for
 * directly, a kind of link depends on the kernel alone, and never becomes a probe in tracefs,
 * which a killed process would leave behind.
 */
#include <linux/perf_event.h>
#include <sys/syscall.h>

/* Any command of bpf(2): what it returns, or -errno. */
static int pyicmp_bpf(int command, const void *attr, size_t attr_len)
{
	int result = syscall(__NR_bpf, command, attr, attr_len);

	return result < 0 ? -errno : result;
}

/* Returns the event's fd, or -errno. It counts nothing until it is enabled. */
static int pyicmp_perf_event_open(uint32_t type, uint64_t config, uint64_t config1,
				  uint64_t config2, uint64_t period, bool freq, int pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.config1 = config1,
		.config2 = config2,
		.sample_period = period,
		.freq = freq,
	};
	int fd = syscall(__NR_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The classic tc filter, which is no link: what it takes to find it again is in tc. */

struct pyicmp_tc {
	int ifindex;
	int attach_point;
	uint32_t handle, priority;
	bool made_qdisc;
};

static struct bpf_tc_hook tc_hook(const struct pyicmp_tc *tc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = tc->ifindex, .attach_point = tc->attach_point);

	return hook;
}

static int pyicmp_tc_detach(struct pyicmp_tc *tc)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = tc->handle, .priority = tc->priority);
	struct bpf_tc_hook hook = tc_hook(tc);
	int err = tc->handle ? bpf_tc_detach(&hook, &opts) : 0;

	if (tc->made_qdisc) { /* with both directions named, libbpf removes the qdisc itself */
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	return err;
}

/* A filter that is there already is replaced; one that is not is added, and tc says where. */
static int pyicmp_tc_attach(struct pyicmp_tc *tc, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .handle = tc->handle,
		    .priority = tc->priority, .flags = tc->handle ? BPF_TC_F_REPLACE : 0);
	struct bpf_tc_hook hook = tc_hook(tc);
	int err;

	if (!tc->handle) {
		err = bpf_tc_hook_create(&hook);
		if (err && err != -EEXIST)
			return err;
		tc->made_qdisc = !err;
	}
	err = bpf_tc_attach(&hook, &opts);
	if (!err) {
		tc->handle = opts.handle;
		tc->priority = opts.priority;
	} else if (!tc->handle) {
		pyicmp_tc_detach(tc);
	}
	return err;
}

/* Programs: a run by hand, and a trial load of two instructions. */

struct pyicmp_run {
	const void *data_in, *ctx_in;
	void *data_out, *ctx_out;
	uint32_t data_in_len, ctx_in_len, data_out_len, ctx_out_len;
	uint32_t repeat, flags, cpu;
	uint32_t retval, duration_ns;
};

static int pyicmp_run(int prog_fd, struct pyicmp_run *run)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->data_in, .data_out = run->data_out,
		    .ctx_in = run->ctx_in, .ctx_out = run->ctx_out,
		    .data_size_in = run->data_in_len, .data_size_out = run->data_out_len,
		    .ctx_size_in = run->ctx_in_len, .ctx_size_out = run->ctx_out_len,
		    .repeat = run->repeat, .flags = run->flags, .cpu = run->cpu);
	int err = bpf_prog_test_run_opts(prog_fd, &opts);

	run->data_out_len = opts.data_size_out;
	run->ctx_out_len = opts.ctx_size_out;
	run->retval = opts.retval;
	run->duration_ns = opts.duration;
	return err;
}

/* A program that returns a constant: its fd, or -errno. */
static int pyicmp_load_trial(uint32_t prog_type, uint32_t attach_type, uint32_t attach_btf_id,
			     int retval)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = retval},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type,
		    .attach_btf_id = attach_btf_id);

	return bpf_prog_load(prog_type, "pyicmp_trial", "GPL", insns, 2, &opts);
}
