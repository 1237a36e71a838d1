// SPDX-License-Identifier: GPL-2.0
/* Global variables of each section and kind. */
#include "common.h"
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum mode {
	MODE_OFF,
	MODE_ON = 5,
};

struct config {
	__u16 port;
	char name[6];
};

const volatile __u32 min_len = 64;
const volatile __u16 min_port = 1024;
const volatile char target[8] = "eth0";
const volatile enum mode mode = MODE_ON;
const volatile struct config config = {.port = 80, .name = "http"};
const volatile __be32 address = bpf_htonl(0x7f000001);
const volatile _Bool enabled = 1;
__s64 started = -5;
__u32 table[2][2] = {{1, 2}, {3, 4}};
__u64 drops;
__u64 seen SEC(".data.custom") = 9;
static volatile __u32 hidden = 3;
extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_BPF __kconfig __weak;

SEC("socket")
int use_all(void *ctx)
{
	__u32 index = min_port & 1;

	__sync_fetch_and_add(&drops, min_len + mode + config.port + address);
	hidden += target[index] + enabled;
	seen += LINUX_KERNEL_VERSION + CONFIG_BPF;
	return table[index][index] + started;
}
