// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ready COMMAND...: how soon it is ready. Starts it, sends an echo request to 127.0.0.1 each
 * millisecond, and kills it at its first line on standard output that names that address. Prints
 * ms until its first line on standard error (0 if there was none), ms until that line on standard
 * output, CPU ms, peak memory in MB. If no such line comes, shows what it said on standard error.
 *
 * Linked statically, since a child's peak memory begins with what its parent had at the fork.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIVE_UP_MS 60000

/* One of the child's outputs: what has come of it, and when its first line that counts came. */
struct output {
	int fd;
	const char *wanted;
	double when_ms; /* 0: not yet */
	size_t len;
	char text[1 << 16];
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* A socket to send echoes by that receives nothing, the replies neither. */
static int open_socket(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct icmp_filter nothing = {.data = ~0u};
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0 || setsockopt(fd, SOL_RAW, ICMP_FILTER, &nothing, sizeof(nothing)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "cannot send echoes");
	return fd;
}

static void send_echo(int fd)
{
	struct icmphdr echo = {.type = ICMP_ECHO, .checksum = htons((__u16) ~(ICMP_ECHO << 8))};

	if (send(fd, &echo, sizeof(echo), 0) < 0)
		err(1, "cannot send an echo");
}

static pid_t start(char **command, struct output *out, struct output *error)
{
	int to_out[2], to_error[2];
	pid_t pid;

	if (pipe2(to_out, O_CLOEXEC) || pipe2(to_error, O_CLOEXEC))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		dup2(to_out[1], STDOUT_FILENO);
		dup2(to_error[1], STDERR_FILENO);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(to_out[1]);
	close(to_error[1]);
	out->fd = to_out[0];
	error->fd = to_error[0];
	return pid;
}

/* Takes up what has come; false at its end. Full, it forgets what it has. */
static bool take(struct output *output, double begin_ms)
{
	ssize_t got;

	if (output->len == sizeof(output->text) - 1)
		output->len = 0;
	got = read(output->fd, output->text + output->len, sizeof(output->text) - 1 - output->len);
	if (got <= 0)
		return false;
	output->len += got;
	output->text[output->len] = '\0';
	if (!output->when_ms && strstr(output->text, output->wanted))
		output->when_ms = now_ms() - begin_ms;
	return true;
}

static void watch(struct output *out, struct output *error, int socket_fd, double begin_ms)
{
	struct pollfd fds[] = {{.fd = out->fd, .events = POLLIN},
			       {.fd = error->fd, .events = POLLIN}};
	double next_ms = begin_ms;

	while (!out->when_ms && now_ms() < begin_ms + GIVE_UP_MS) {
		double wait_ms = next_ms - now_ms();
		struct timespec wait = {0, wait_ms * 1e6};

		if (wait_ms <= 0) {
			send_echo(socket_fd);
			next_ms = now_ms() + 1;
			continue;
		}
		ppoll(fds, 2, &wait, NULL);
		if (fds[1].revents && !take(error, begin_ms))
			fds[1].fd = -1;
		if (fds[0].revents && !take(out, begin_ms))
			return;
	}
}

int main(int argc, char **argv)
{
	static struct output out = {.wanted = "127.0.0.1"}, error = {.wanted = "\n"};
	struct rusage used;
	double begin_ms;
	int socket_fd;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: ready COMMAND...");
	/* Before all other work on this machine; if that may not be, the figures are only noisier. */
	sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
	socket_fd = open_socket();
	begin_ms = now_ms();
	pid = start(argv + 1, &out, &error);
	watch(&out, &error, socket_fd, begin_ms);
	kill(pid, SIGKILL);
	if (wait4(pid, NULL, 0, &used) < 0)
		err(1, "wait4");
	if (!out.when_ms) {
		while (take(&error, begin_ms))
			continue;
		fputs(error.text, stderr);
		return 1;
	}
	printf("%.1f %.1f %.1f %.1f\n", error.when_ms, out.when_ms,
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
		       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3,
	       used.ru_maxrss / 1024.0);
	return 0;
}
