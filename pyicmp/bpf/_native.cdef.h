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

struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map);
const char *bpf_map__name(const struct bpf_map *map);
int bpf_map__fd(const struct bpf_map *map);
uint32_t bpf_map__max_entries(const struct bpf_map *map);
int bpf_map__set_max_entries(struct bpf_map *map, uint32_t max_entries);
uint32_t bpf_map__value_size(const struct bpf_map *map);

int bpf_link__destroy(struct bpf_link *link);

/* maps */

void btf__free(struct btf *btf);
struct btf *btf__load_from_kernel_by_id(uint32_t id);

int bpf_map__type(const struct bpf_map *map);
int bpf_map__set_type(struct bpf_map *map, int type);
uint32_t bpf_map__key_size(const struct bpf_map *map);
int bpf_map__set_key_size(struct bpf_map *map, uint32_t size);
int bpf_map__set_value_size(struct bpf_map *map, uint32_t size);
uint32_t bpf_map__map_flags(const struct bpf_map *map);
int bpf_map__set_map_flags(struct bpf_map *map, uint32_t flags);
uint64_t bpf_map__map_extra(const struct bpf_map *map);
int bpf_map__set_map_extra(struct bpf_map *map, uint64_t map_extra);
bool bpf_map__autocreate(const struct bpf_map *map);
int bpf_map__set_autocreate(struct bpf_map *map, bool autocreate);
const char *bpf_map__pin_path(const struct bpf_map *map);
int bpf_map__set_pin_path(struct bpf_map *map, const char *path);
bool bpf_map__is_pinned(const struct bpf_map *map);
bool bpf_map__is_internal(const struct bpf_map *map);
int bpf_map__reuse_fd(struct bpf_map *map, int fd);
const void *bpf_map__initial_value(struct bpf_map *map, size_t *psize);
int bpf_map__set_initial_value(struct bpf_map *map, const void *data, size_t size);

int bpf_map_lookup_elem(int fd, const void *key, void *value);
int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags);
int bpf_map_delete_elem(int fd, const void *key);
int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value);
int bpf_map_get_next_key(int fd, const void *key, void *next_key);
int bpf_map_freeze(int fd);

struct bpf_map_batch_opts;
int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
			 uint32_t *count, const struct bpf_map_batch_opts *opts);
int bpf_map_update_batch(int fd, const void *keys, const void *values, uint32_t *count,
			 const struct bpf_map_batch_opts *opts);
int bpf_map_delete_batch(int fd, const void *keys, uint32_t *count,
			 const struct bpf_map_batch_opts *opts);

int bpf_obj_pin(int fd, const char *pathname);
int bpf_obj_get(const char *pathname);
int bpf_obj_get_info_by_fd(int bpf_fd, void *info, uint32_t *info_len);
int bpf_map_get_fd_by_id(uint32_t id);

/* _native.c */

struct bpf_object *pyicmp_open(const void *data, size_t data_len, const char *name,
			       const char *btf_path);
int pyicmp_try_open(const void *data, size_t data_len);

extern int
	pyicmp_log_level; /* enum libbpf_print_level: 1 (LIBBPF_INFO), or 2 for all it has to say */
void pyicmp_log_begin(void);
const char *pyicmp_log_end(void);

/* attach, links, programs */

struct pyicmp_tc {
	int ifindex;
	int attach_point; /* 1 ingress, 2 egress */
	uint32_t handle, priority;
	bool made_qdisc;
};

struct pyicmp_run {
	const void *data_in, *ctx_in;
	void *data_out, *ctx_out;
	uint32_t data_in_len, ctx_in_len, data_out_len, ctx_out_len; /* bytes */
	uint32_t repeat, flags, cpu;
	uint32_t retval, duration_ns;
};

int bpf_program__type(const struct bpf_program *prog);
int bpf_program__set_type(struct bpf_program *prog, int type);
int bpf_program__expected_attach_type(const struct bpf_program *prog);
int bpf_program__set_expected_attach_type(struct bpf_program *prog, int type);
uint32_t bpf_program__flags(const struct bpf_program *prog);
int bpf_program__set_flags(struct bpf_program *prog, uint32_t flags);
int bpf_program__set_log_level(struct bpf_program *prog, uint32_t log_level);
int bpf_program__set_attach_target(struct bpf_program *prog, int attach_prog_fd,
				   const char *attach_func_name);

struct bpf_link *bpf_program__attach_usdt(const struct bpf_program *prog, int pid,
					  const char *binary_path, const char *usdt_provider,
					  const char *usdt_name, const void *opts);
int bpf_raw_tracepoint_open(const char *name, int prog_fd);
int bpf_link_update(int link_fd, int new_prog_fd, const void *opts);
int bpf_link_get_fd_by_id(uint32_t id);
int bpf_iter_create(int link_fd);
int bpf_enable_stats(int type);
int libbpf_find_vmlinux_btf_id(const char *name, int attach_type);
int unshare(int flags);

int libbpf_probe_bpf_prog_type(int prog_type, const void *opts);
int libbpf_probe_bpf_map_type(int map_type, const void *opts);
int libbpf_probe_bpf_helper(int prog_type, int helper_id, const void *opts);

int pyicmp_bpf(int command, const void *attr, size_t attr_len);
int pyicmp_perf_event_open(uint32_t type, uint64_t config, uint64_t config1, uint64_t config2,
			   uint64_t period, bool freq, int pid, int cpu);
int pyicmp_tc_attach(struct pyicmp_tc *tc, int prog_fd);
int pyicmp_tc_detach(struct pyicmp_tc *tc);
int pyicmp_run(int prog_fd, struct pyicmp_run *run);
int pyicmp_load_trial(uint32_t prog_type, uint32_t attach_type, uint32_t attach_btf_id, int retval);

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
