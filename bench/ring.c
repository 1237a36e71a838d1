// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a ring is read with in C: libbpf's ring_buffer, and a callback that adds up the first member
 * of each record. bench/ring.py calls it on the same ring, in turns with pyicmp's own ways.
 */
#include <bpf/libbpf.h>
#include <stdint.h>
#include <string.h>

static int add(void *context, void *record, size_t size)
{
	uint64_t number;

	(void)size;
	memcpy(&number, record, sizeof(number));
	*(uint64_t *)context += number;
	return 0;
}

struct ring_buffer *open_ring(int map_fd, uint64_t *sum)
{
	return ring_buffer__new(map_fd, add, sum, NULL);
}

int drain_ring(struct ring_buffer *ring)
{
	return ring_buffer__consume(ring);
}

void close_ring(struct ring_buffer *ring)
{
	ring_buffer__free(ring);
}
