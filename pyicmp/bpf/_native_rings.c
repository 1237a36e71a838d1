// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rings and perf buffers: records are found and copied a batch at a time, straight from the memory
 * that the kernel shares (docs/decisions/0006).
 */
#include <linux/perf_event.h>
#include <sys/mman.h>

/* Returns the map's type, or -errno. */
static int pyicmp_map_type(int map_fd, uint32_t *max_entries)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(map_fd, &info, &len);

	*max_entries = info.max_entries;
	return err ?: (int)info.type;
}

#define RING_HEADER_LEN 8
#define RING_LEN_MASK	(~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

/*
 * A ring buffer map in memory, as the kernel lays it out: a page with the consumer's position, a
 * page with the producer's, then the records, twice, so that none is ever cut in two.
 */
struct pyicmp_ring {
	unsigned long *consumer_pos;
	const unsigned long *producer_pos;
	const char *records;
	size_t page_len, ring_len;
	unsigned long next_pos;
	size_t count, data_len;
	uint32_t record_len;
	bool busy;
};

static struct pyicmp_ring *pyicmp_ring_new(int map_fd, size_t ring_len)
{
	struct pyicmp_ring *ring = calloc(1, sizeof(*ring));
	size_t page_len = sysconf(_SC_PAGESIZE);
	char *map;

	if (!ring)
		return NULL;
	map = mmap(NULL, page_len, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (map == MAP_FAILED)
		goto free_ring;
	ring->consumer_pos = (unsigned long *)map;
	map = mmap(NULL, page_len + 2 * ring_len, PROT_READ, MAP_SHARED, map_fd, page_len);
	if (map == MAP_FAILED)
		goto unmap_consumer;
	ring->producer_pos = (const unsigned long *)map;
	ring->records = map + page_len;
	ring->page_len = page_len;
	ring->ring_len = ring_len;
	return ring;
unmap_consumer:
	munmap(ring->consumer_pos, page_len);
free_ring:
	free(ring);
	return NULL;
}

static void pyicmp_ring_free(struct pyicmp_ring *ring)
{
	munmap(ring->consumer_pos, ring->page_len);
	munmap((void *)ring->producer_pos, ring->page_len + 2 * ring->ring_len);
	free(ring);
}

static const uint32_t *header_at(const struct pyicmp_ring *ring, unsigned long pos)
{
	return (const uint32_t *)(ring->records + (pos & (ring->ring_len - 1)));
}

static unsigned long step_over(uint32_t header)
{
	return ((header & RING_LEN_MASK) + RING_HEADER_LEN + 7) & ~7ul;
}

static uint32_t read_header(const struct pyicmp_ring *ring, unsigned long pos)
{
	return __atomic_load_n(header_at(ring, pos), __ATOMIC_ACQUIRE);
}

/*
 * How many records from pos on have this one header: most often it is all of them, and then no
 * address waits for the header before, which doubles the speed.
 */
static size_t count_same(const struct pyicmp_ring *ring, unsigned long pos, unsigned long end,
			 size_t max_records, uint32_t header)
{
	unsigned long step = step_over(header);
	size_t count = 0;

	if (header & (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))
		return 0;
	while (count < max_records && pos != end && read_header(ring, pos) == header) {
		pos += step;
		count++;
	}
	return count;
}

/*
 * Finds the next records, at most max_records, and what a copy of them takes; the ring still holds
 * them until consumer_pos is set to next_pos. Ends at a record that is being written (busy).
 */
static size_t pyicmp_ring_scan(struct pyicmp_ring *ring, size_t max_records)
{
	unsigned long pos = *ring->consumer_pos;
	unsigned long end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
	uint32_t first = pos == end ? BPF_RINGBUF_BUSY_BIT : read_header(ring, pos);
	size_t count = count_same(ring, pos, end, max_records, first);
	size_t data_len = count * first;
	bool same = true, busy = false;

	pos += count * step_over(first);
	while (pos != end && count < max_records) {
		uint32_t header = read_header(ring, pos);

		busy = header & BPF_RINGBUF_BUSY_BIT;
		if (busy)
			break;
		pos += step_over(header);
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		if (!count++)
			first = header;
		same &= header == first;
		data_len += header;
	}
	ring->next_pos = pos;
	ring->count = count;
	ring->data_len = data_len;
	ring->record_len = same && count ? first : 0;
	ring->busy = busy;
	return count;
}

/* Records of one size and nothing between them: no header needs to be looked at again. */
static void copy_same(const char *from, char *data, size_t count, size_t len)
{
	size_t step = step_over(len);

	for (from += RING_HEADER_LEN; count--; from += step, data += len)
		switch (len) { /* a memcpy of constant length is a few instructions */
		case 16:
			memcpy(data, from, 16);
			break;
		case 32:
			memcpy(data, from, 32);
			break;
		case 64:
			memcpy(data, from, 64);
			break;
		default:
			memcpy(data, from, len);
		}
}

/* Copies what the scan has found, end to end; each one's size too, unless all are the same. */
static void pyicmp_ring_copy(const struct pyicmp_ring *ring, char *data, void *record_sizes)
{
	uint32_t *sizes = record_sizes;
	unsigned long pos = *ring->consumer_pos;

	if (!sizes && ring->next_pos - pos == ring->count * step_over(ring->record_len)) {
		copy_same((const char *)header_at(ring, pos), data, ring->count, ring->record_len);
		pos = ring->next_pos;
	}
	while (pos != ring->next_pos) {
		uint32_t header = *header_at(ring, pos);

		if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
			memcpy(data, (const char *)header_at(ring, pos) + RING_HEADER_LEN, header);
			data += header;
			if (sizes)
				*sizes++ = header;
		}
		pos += step_over(header);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* all read, before the ring is told so */
}

/* Records out of perf buffers, kept here until Python has taken them and sets count to 0. */
struct pyicmp_perf {
	struct perf_buffer *buffers;
	char *data;
	size_t data_len, data_capacity;
	uint32_t *sizes;
	size_t count, max_count;
	uint64_t lost;
	size_t record_len;
	size_t next_cpu;
	bool more;
};

struct perf_sample {
	struct perf_event_header header;
	uint32_t size;
	char data[];
};

struct perf_lost {
	struct perf_event_header header;
	uint64_t id, lost;
};

static bool reserve_data(struct pyicmp_perf *perf, size_t len)
{
	size_t capacity = 2 * (perf->data_len + len);
	char *data;

	if (perf->data_len + len <= perf->data_capacity)
		return true;
	data = realloc(perf->data, capacity);
	if (!data)
		return false;
	perf->data = data;
	perf->data_capacity = capacity;
	return true;
}

/* The kernel pads a sample to 8 bytes: cut that off where the record's own size is known. */
static void collect_sample(struct pyicmp_perf *perf, const struct perf_sample *sample)
{
	size_t len = sample->size;

	if (perf->record_len && len > perf->record_len && len - perf->record_len < 8)
		len = perf->record_len;
	if (!reserve_data(perf, len)) {
		perf->lost++;
		return;
	}
	memcpy(perf->data + perf->data_len, sample->data, len);
	perf->data_len += len;
	perf->sizes[perf->count++] = len;
}

/* libbpf has consumed this record whatever comes back, so it is kept first. */
static enum bpf_perf_event_ret collect(void *context, int cpu, struct perf_event_header *event)
{
	struct pyicmp_perf *perf = context;

	if (event->type == PERF_RECORD_SAMPLE)
		collect_sample(perf, (const struct perf_sample *)event);
	else if (event->type == PERF_RECORD_LOST)
		perf->lost += ((const struct perf_lost *)event)->lost;
	perf->more = perf->count == perf->max_count;
	return perf->more ? LIBBPF_PERF_EVENT_DONE : LIBBPF_PERF_EVENT_CONT;
}

static void pyicmp_perf_free(struct pyicmp_perf *perf)
{
	perf_buffer__free(perf->buffers);
	free(perf->data);
	free(perf->sizes);
	free(perf);
}

static struct pyicmp_perf *pyicmp_perf_new(int map_fd, size_t page_count, size_t record_len)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	struct pyicmp_perf *perf = calloc(1, sizeof(*perf));
	int err;

	if (!perf)
		return NULL;
	perf->record_len = record_len;
	perf->buffers = perf_buffer__new_raw(map_fd, page_count, &attr, collect, perf, NULL);
	if (perf->buffers)
		return perf;
	err = errno;
	free(perf);
	errno = err;
	return NULL;
}

static int pyicmp_perf_fd(const struct pyicmp_perf *perf)
{
	return perf_buffer__epoll_fd(perf->buffers);
}

static bool make_room(struct pyicmp_perf *perf, size_t max_records)
{
	uint32_t *sizes;

	if (max_records > perf->max_count) {
		sizes = reallocarray(perf->sizes, max_records, sizeof(*sizes));
		if (!sizes)
			return false;
		perf->sizes = sizes;
	}
	perf->max_count = max_records;
	return true;
}

/* At most max_records, from one CPU after the other, beginning where the last call ended. */
static int pyicmp_perf_drain(struct pyicmp_perf *perf, size_t max_records)
{
	size_t cpus = perf_buffer__buffer_cnt(perf->buffers), done;
	int err;

	if (perf->count)
		return 0; /* not yet taken */
	if (!make_room(perf, max_records))
		return -ENOMEM;
	perf->data_len = 0;
	perf->more = false;
	for (done = 0; done < cpus && !perf->more; done++) {
		perf->next_cpu = (perf->next_cpu + 1) % cpus;
		err = perf_buffer__consume_buffer(perf->buffers, perf->next_cpu);
		if (err < 0)
			return err;
	}
	return 0;
}
