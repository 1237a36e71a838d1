// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cost KIND COUNT: what it costs to send a packet to 127.0.0.1: the median of COUNT, by the time
 * stamp counter, which counts instructions where one instruction takes one nanosecond
 * (tests/kernels/harness, --counting).
 *
 * On loopback all of the receiving, an answer too, runs inside sendto(). KIND is
 * udp    to a socket that is there, so that no ICMP comes of it;
 * echo   an echo request, by a socket that receives nothing; this host's kernel answers;
 * error  a "port unreachable" that quotes a UDP packet, likewise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#define PORT	   40000
#define PAYLOAD	   56	/* bytes, as ping sends */
#define PAUSE	   1000 /* microseconds: back to back, packets go to ksoftirqd */
#define IDENTIFIER 0x1234

struct packet {
	struct iphdr ip;
	struct icmphdr icmp;
	struct {
		struct iphdr ip;
		struct udphdr udp;
		char rest[PAYLOAD - sizeof(struct iphdr) - sizeof(struct udphdr)];
	} quote;
};

static const struct sockaddr_in to = {
	.sin_family = AF_INET,
	.sin_port = __builtin_bswap16(PORT),
	.sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK),
};

static unsigned short checksum(const void *data, size_t len)
{
	const unsigned short *words = data;
	unsigned sum = 0;

	for (size_t i = 0; i < len / 2; i++)
		sum += words[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

static struct iphdr ip_header(int protocol, size_t len)
{
	return (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.tot_len = htons(len),
		.saddr = to.sin_addr.s_addr,
		.daddr = to.sin_addr.s_addr,
	};
}

static struct packet message(const char *kind)
{
	struct packet packet = {.ip = ip_header(IPPROTO_ICMP, sizeof(packet))};

	if (!strcmp(kind, "error")) {
		packet.icmp.type = ICMP_DEST_UNREACH;
		packet.icmp.code = ICMP_PORT_UNREACH;
		packet.quote.ip = ip_header(IPPROTO_UDP, sizeof(packet.quote));
		packet.quote.udp.dest = htons(PORT + 1);
	} else {
		packet.icmp.type = ICMP_ECHO;
		packet.icmp.un.echo.id = htons(IDENTIFIER);
	}
	return packet;
}

static void number(struct packet *packet, int seq)
{
	packet->ip.id = htons(seq);
	if (packet->icmp.type == ICMP_ECHO)
		packet->icmp.un.echo.sequence = htons(seq);
	packet->icmp.checksum = 0;
	packet->icmp.checksum = checksum(&packet->icmp, sizeof(*packet) - sizeof(packet->ip));
}

static long timed_send(int fd, const void *data, size_t len)
{
	unsigned long before = __rdtsc(), after;
	ssize_t sent = sendto(fd, data, len, 0, (const void *)&to, sizeof(to));

	after = __rdtsc();
	if (sent < 0)
		err(1, "cannot send");
	return after - before;
}

static void send_udp(long *costs, int count)
{
	int receiver = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct packet packet = message("echo");

	if (fd < 0 || bind(receiver, (const void *)&to, sizeof(to)))
		err(1, "cannot open sockets");
	for (int i = 0; i < count; i++) {
		costs[i] = timed_send(fd, &packet, sizeof(packet));
		if (recv(receiver, &packet, sizeof(packet), 0) < 0)
			err(1, "cannot receive");
		usleep(PAUSE);
	}
}

static void send_icmp(const char *kind, long *costs, int count)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct packet packet = message(kind);

	if (fd < 0)
		err(1, "cannot open a raw socket");
	for (int i = 0; i < count; i++) {
		number(&packet, i);
		costs[i] = timed_send(fd, &packet, sizeof(packet));
		usleep(PAUSE);
	}
}

static int compare(const void *left, const void *right)
{
	long a = *(const long *)left, b = *(const long *)right;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	struct sched_param priority = {.sched_priority = 10};
	int count = argc == 3 ? atoi(argv[2]) : 0;
	long *costs;

	if (count < 1)
		errx(2, "usage: cost udp|echo|error COUNT");
	costs = malloc(count * sizeof(*costs));
	memset(costs, 1, count * sizeof(*costs));
	mlockall(MCL_CURRENT);
	if (sched_setscheduler(0, SCHED_FIFO, &priority)) /* who reads must not interrupt */
		err(1, "cannot have real-time priority");
	if (strcmp(argv[1], "udp"))
		send_icmp(argv[1], costs, count);
	else
		send_udp(costs, count);
	qsort(costs, count, sizeof(*costs), compare);
	printf("%ld\n", costs[count / 2]);
}
