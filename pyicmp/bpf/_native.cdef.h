/* What Python may call: libbpf's own functions (all in libbpf 1.1), then those of _native.c. */

struct bpf_object;
struct bpf_program;
struct bpf_map;
struct bpf_link;
struct btf;

const char *libbpf_version_string(void);
int libbpf_strerror(int err, char *buf, size_t size);
int libbpf_num_possible_cpus(void);

int bpf_object__load(struct bpf_object *obj);
void bpf_object__close(struct bpf_object *obj);
struct btf *bpf_object__btf(const struct bpf_object *obj);
const void *btf__raw_data(const struct btf *btf, uint32_t *size);

struct bpf_program *bpf_object__next_program(const struct bpf_object *obj,
					     struct bpf_program *prog);
const char *bpf_program__name(const struct bpf_program *prog);
const char *bpf_program__section_name(const struct bpf_program *prog);
int bpf_program__fd(const struct bpf_program *prog);
int bpf_program__set_autoload(struct bpf_program *prog, bool autoload);
struct bpf_link *bpf_program__attach(const struct bpf_program *prog);

struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map);
const char *bpf_map__name(const struct bpf_map *map);
int bpf_map__fd(const struct bpf_map *map);
uint32_t bpf_map__max_entries(const struct bpf_map *map);
int bpf_map__set_max_entries(struct bpf_map *map, uint32_t max_entries);
uint32_t bpf_map__value_size(const struct bpf_map *map);
uint32_t bpf_map__btf_value_type_id(const struct bpf_map *map);

int bpf_link__fd(const struct bpf_link *link);
int bpf_link__destroy(struct bpf_link *link);

/* _native.c */

struct bpf_object *pyicmp_open(const void *data, size_t data_len, const char *name,
			       const char *btf_path);
int pyicmp_try_open(const void *data, size_t data_len);
struct bpf_link *pyicmp_attach_kprobe(const struct bpf_program *prog, const char *function,
				      bool retprobe);

void pyicmp_log_begin(bool debug);
const char *pyicmp_log_end(void);

/* rings */

int pyicmp_map_type(int map_fd, uint32_t *max_entries);

struct pyicmp_ring {
	unsigned long *consumer_pos;
	const unsigned long *producer_pos;
	unsigned long next_pos; /* set consumer_pos to it when the records are copied */
	size_t data_len;	/* bytes of the records that were found */
	uint32_t record_len;	/* bytes of each, if all have the same size, else 0 */
	bool busy;		/* the next record is being written */
	...;
};

struct pyicmp_ring *pyicmp_ring_new(int map_fd, size_t ring_len);
void pyicmp_ring_free(struct pyicmp_ring *ring);
size_t pyicmp_ring_scan(struct pyicmp_ring *ring, size_t max_records);
void pyicmp_ring_copy(const struct pyicmp_ring *ring, char *data, void *record_sizes);

struct pyicmp_perf {
	char *data;	 /* the records, end to end */
	size_t data_len; /* bytes */
	uint32_t *sizes; /* bytes, one a record */
	size_t count;	 /* records; set to 0 when they are taken */
	uint64_t lost;	 /* records that the kernel had no room for, since the start */
	bool more;	 /* there may be more */
	...;
};

struct pyicmp_perf *pyicmp_perf_new(int map_fd, size_t page_count, size_t record_len);
void pyicmp_perf_free(struct pyicmp_perf *perf);
int pyicmp_perf_fd(const struct pyicmp_perf *perf);
int pyicmp_perf_drain(struct pyicmp_perf *perf, size_t max_records);
