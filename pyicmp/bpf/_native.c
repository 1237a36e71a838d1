// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The little that has to be C: option structs whose size libbpf checks, the callbacks that libbpf
 * makes (a va_list cannot cross cffi; a Python call for each record would cost more than the
 * record), and a trial of libbpf's parser in a process that may crash.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What libbpf says, kept for the thread that made it speak; with no call under way, dropped. */

#define LOG_MAX	 (64u << 20)
#define LOG_KEPT (1u << 20) /* beyond, the memory goes back when the next call begins */
#define LOG_HEAD 4096

static __thread struct {
	char *text;
	size_t len, capacity;
	bool active;
} log_sink;

static int pyicmp_log_level = LIBBPF_INFO;

static bool log_room(size_t len)
{
	size_t capacity = 2 * (log_sink.len + len + 1);
	char *text;

	if (log_sink.len + len + 1 <= log_sink.capacity)
		return true;
	text = realloc(log_sink.text, capacity);
	if (!text)
		return false;
	log_sink.text = text;
	log_sink.capacity = capacity;
	return true;
}

static int log_print(enum libbpf_print_level level, const char *format, va_list args)
{
	static const char cut[] = "\n[the middle is cut out: it is longer than 64 MiB]\n";
	va_list again;
	char *start, *tail;
	int len;

	if (!log_sink.active || (int)level > pyicmp_log_level)
		return 0;
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0 || log_sink.len > LOG_MAX || !log_room(len))
		return 0;
	start = log_sink.text + log_sink.len;
	vsnprintf(start, len + 1, format, args);
	if ((size_t)len > LOG_MAX) { /* the reason stands at the end, the program's name before */
		tail = start + LOG_HEAD;
		memcpy(tail, cut, sizeof(cut) - 1);
		tail += sizeof(cut) - 1;
		memmove(tail, start + len - LOG_MAX / 2, LOG_MAX / 2 + 1);
		len = LOG_HEAD + sizeof(cut) - 1 + LOG_MAX / 2;
	}
	log_sink.len += len;
	return len;
}

static void pyicmp_log_begin(void)
{
	libbpf_set_print(log_print);
	if (log_sink.capacity > LOG_KEPT) {
		free(log_sink.text);
		log_sink.text = NULL;
		log_sink.capacity = 0;
	}
	log_sink.len = 0;
	log_sink.active = true;
}

/* The text stays valid until this thread's next pyicmp_log_begin(). */
static const char *pyicmp_log_end(void)
{
	log_sink.active = false;
	return log_sink.len ? log_sink.text : "";
}

static struct bpf_object *pyicmp_open(const void *data, size_t data_len, const char *name,
				      const char *btf_path)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name, .btf_custom_path = btf_path);

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
	opts.bpf_token_path = ""; /* else libbpf makes one from /sys/fs/bpf, unasked */
#endif
	return bpf_object__open_mem(data, data_len, &opts);
}

/*
 * libbpf before 1.7 crashes on some damaged objects, so let a child open it first. Returns 0 if the
 * child lived, the signal that ended it, or -errno if there could be no child.
 */
static int pyicmp_try_open(const void *data, size_t data_len)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		libbpf_set_print(NULL);
		bpf_object__close(pyicmp_open(data, data_len, NULL, NULL));
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
