// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * loader OBJECT PROGRAM: what pyicmp is measured against, the least that C can do with the same
 * object. Loads and attaches the one program, says "ready" on standard error, then prints a line
 * for each IPv4 record, until it is killed. Ring buffer: 1 MiB.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

#define RING_LEN (1 << 20)

/* Where these members lie in struct icmp_event: the object's BTF tells. */
static struct {
	__u32 src, dst, protocol;
} at;

static __u32 offset_of(const struct btf *btf, const char *member)
{
	const struct btf_type *type =
		btf__type_by_id(btf, btf__find_by_name_kind(btf, "icmp_event", BTF_KIND_STRUCT));

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			return btf_member_bit_offset(type, i) / 8;
	errx(1, "there is no icmp_event.%s in the object's BTF", member);
}

static int print(void *context, void *record, size_t size)
{
	const unsigned char *event = record, *src = event + at.src, *dst = event + at.dst;

	(void)context, (void)size;
	printf("Source: %u.%u.%u.%u; Destination: %u.%u.%u.%u; Protocol: %u.\n", src[0], src[1],
	       src[2], src[3], dst[0], dst[1], dst[2], dst[3], event[at.protocol]);
	return 0;
}

static struct bpf_object *load(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!object)
		err(1, "cannot open %s", path);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"), RING_LEN);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "counters"),
				 libbpf_num_possible_cpus());
	if (bpf_object__load(object))
		err(1, "cannot load %s", path);
	at.src = offset_of(bpf_object__btf(object), "src");
	at.dst = offset_of(bpf_object__btf(object), "dst");
	at.protocol = offset_of(bpf_object__btf(object), "protocol");
	return object;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct ring_buffer *ring;

	if (argc != 3)
		errx(2, "usage: loader OBJECT PROGRAM");
	setvbuf(stdout, NULL, _IOLBF, 0);
	object = load(argv[1], argv[2]);
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), print, NULL,
				NULL);
	if (!ring)
		err(1, "cannot read the ring");
	program = bpf_object__find_program_by_name(object, argv[2]);
	if (!program || !bpf_program__attach(program))
		err(1, "cannot attach %s", argv[2]);
	fputs("ready\n", stderr);
	while (ring_buffer__poll(ring, -1) >= 0)
		continue;
	err(1, "cannot read the ring");
}
