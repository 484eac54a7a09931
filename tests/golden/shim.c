/* SPDX-License-Identifier: MIT
 *
 * Feeds a program recorded or composed netlink datagrams instead of the kernel's.
 *
 *   LD_PRELOAD=./shim.so REPLAY=first REPLAY2=second REQUESTS=log program ...
 *
 * The first netlink socket that sends or receives reads the file $REPLAY, the next one $REPLAY2, a third $REPLAY3 ...
 * A file is a row of records: a little-endian u32 length, then that many bytes, one datagram each. A length with the
 * top bit set is a failure instead: the read returns -1 with the low bits as errno. Nothing that the program sends
 * reaches the kernel; with REQUESTS each datagram sent is appended there in the same record format.
 *
 * In each message of a datagram a zero nlmsg_seq is replaced by that of the socket's last request, a zero nlmsg_pid by
 * the socket's own port, so that a program which checks them accepts it. A socket that has sent nothing (events) is fed
 * the bytes as they are.
 *
 * NOW=seconds[.nanoseconds] stops the clock: time, gettimeofday and clock_gettime(CLOCK_REALTIME) all say that.
 *
 * Joining multicast groups and large buffers, which need privileges, are granted, and poll finds a socket readable as
 * long as its file lasts.
 *
 * A socket without a file, or at the end of it, acknowledges every request that asks for it (NLMSG_ERROR 0). When there
 * is nothing left to say, the program gets SIGINT and its read fails with EINTR, or EAGAIN where it does not wait; at the
 * second one that waits the process ends with status 99.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct channel {
	int fd;			/* the socket it belongs to, -1 while free */
	FILE *replay;		/* what it is fed, NULL: acknowledgements */
	int asked;		/* it has sent a request */
	int ended;		/* reads past the end of the file */
	uint32_t port;
	struct nlmsghdr last;	/* header of its last request */
	uint32_t pending[64];	/* sequence numbers waiting for an acknowledgement */
	int waiting;
};

static struct channel channels[8] = {
	{ .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 },
};

static int is_netlink(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

static struct channel *channel_of(int fd)
{
	struct sockaddr_nl address = { 0 };
	socklen_t size = sizeof(address);
	char name[16] = "REPLAY";
	int saved = errno;

	if (!getenv("REPLAY") || !is_netlink(fd)) {
		errno = saved;
		return NULL;
	}
	for (int i = 0; i < 8; i++) {
		struct channel *c = &channels[i];

		if (c->fd == fd)
			return c;
		if (c->fd != -1)
			continue;
		if (i > 0)
			snprintf(name, sizeof(name), "REPLAY%d", i + 1);
		const char *path = getenv(name);

		c->fd = fd;
		c->replay = path ? fopen(path, "rb") : NULL;
		if (path && !c->replay) {
			perror(path);
			_exit(98);
		}
		getsockname(fd, (struct sockaddr *)&address, &size);
		c->port = address.nl_pid;
		errno = saved;
		return c;
	}
	errno = saved;
	return NULL;
}

static void record(const void *data, uint32_t length)
{
	const char *path = getenv("REQUESTS");
	FILE *log = path ? fopen(path, "ab") : NULL;

	if (!log)
		return;
	fwrite(&length, sizeof(length), 1, log);
	fwrite(data, 1, length, log);
	fclose(log);
}

static ssize_t swallow(struct channel *c, const void *data, size_t length)
{
	const struct nlmsghdr *h = data;
	long left = (long)length;

	record(data, (uint32_t)length);
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		c->asked = 1;
		c->last = *h;
		if ((h->nlmsg_flags & NLM_F_ACK) && c->waiting < 64)
			c->pending[c->waiting++] = h->nlmsg_seq;
	}
	return (ssize_t)length;
}

static void patch(const struct channel *c, void *data, size_t length)
{
	struct nlmsghdr *h = data;
	long left = (long)length;

	if (!c->asked)
		return;
	while (left >= (long)sizeof(*h)) {
		if (!h->nlmsg_seq)
			h->nlmsg_seq = c->last.nlmsg_seq;
		if (!h->nlmsg_pid)
			h->nlmsg_pid = c->port;
		if (h->nlmsg_len < sizeof(*h))
			return;
		left -= NLMSG_ALIGN(h->nlmsg_len);
		h = (struct nlmsghdr *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	}
}

/* What the kernel says to a request that asks for it, when all is well. */
static ssize_t acknowledge(struct channel *c, char *data)
{
	struct { struct nlmsghdr h; struct nlmsgerr e; } ack = { 0 };

	ack.h.nlmsg_len = sizeof(ack);
	ack.h.nlmsg_type = NLMSG_ERROR;
	ack.h.nlmsg_pid = c->port;
	ack.h.nlmsg_seq = c->pending[0];
	ack.e.msg = c->last;
	memmove(c->pending, c->pending + 1, sizeof(c->pending[0]) * (size_t)--c->waiting);
	memcpy(data, &ack, sizeof(ack));
	return sizeof(ack);
}

/* One datagram into data, which holds at least 1 MiB. */
static ssize_t next(struct channel *c, char *data, size_t size, int flags)
{
	uint32_t length;

	if (!c->replay || fread(&length, sizeof(length), 1, c->replay) != 1) {
		if (c->waiting)
			return acknowledge(c, data);
		if (!c->replay)
			_exit(97);
		int waits = !(flags & MSG_DONTWAIT) && !(fcntl(c->fd, F_GETFL) & O_NONBLOCK);

		if (c->ended && waits)
			_exit(99);
		if (!c->ended++)
			kill(getpid(), SIGINT);
		errno = waits ? EINTR : EAGAIN;
		return -1;
	}
	if (length & 0x80000000u) {
		errno = (int)(length & 0x7fffffff);
		return -1;
	}
	if (length > size || fread(data, 1, length, c->replay) != length)
		_exit(96);
	patch(c, data, length);
	return (ssize_t)length;
}

static char datagram[1 << 20];

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	static ssize_t (*real)(int, struct msghdr *, int);
	struct channel *c = channel_of(fd);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t done = 0;
	ssize_t n;

	if (!c) {
		if (!real)
			real = dlsym(RTLD_NEXT, "recvmsg");
		return real(fd, m, flags);
	}
	n = next(c, datagram, sizeof(datagram), flags);
	if (n < 0)
		return n;
	for (size_t i = 0; i < m->msg_iovlen && done < (size_t)n; i++) {
		size_t part = (size_t)n - done;

		if (part > m->msg_iov[i].iov_len)
			part = m->msg_iov[i].iov_len;
		memcpy(m->msg_iov[i].iov_base, datagram + done, part);
		done += part;
	}
	m->msg_flags = done < (size_t)n ? MSG_TRUNC : 0;
	m->msg_controllen = 0;
	if (m->msg_name && m->msg_namelen >= sizeof(kernel)) {
		memcpy(m->msg_name, &kernel, sizeof(kernel));
		m->msg_namelen = sizeof(kernel);
	}
	return flags & MSG_TRUNC ? n : (ssize_t)done;
}

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *fromlen)
{
	static ssize_t (*real)(int, void *, size_t, int, struct sockaddr *, socklen_t *);

	if (!channel_of(fd)) {
		if (!real)
			real = dlsym(RTLD_NEXT, "recvfrom");
		return real(fd, buffer, size, flags, from, fromlen);
	}
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr m = { .msg_name = from, .msg_namelen = fromlen ? *fromlen : 0, .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n = recvmsg(fd, &m, flags);

	if (fromlen)
		*fromlen = m.msg_namelen;
	return n;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	return recvfrom(fd, buffer, size, flags, NULL, NULL);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t tolen)
{
	static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	struct channel *c = channel_of(fd);

	if (c)
		return swallow(c, data, size);
	if (!real)
		real = dlsym(RTLD_NEXT, "sendto");
	return real(fd, data, size, flags, to, tolen);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	return sendto(fd, data, size, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);
	struct channel *c = channel_of(fd);
	size_t done = 0;

	if (!c) {
		if (!real)
			real = dlsym(RTLD_NEXT, "sendmsg");
		return real(fd, m, flags);
	}
	for (size_t i = 0; i < m->msg_iovlen && done + m->msg_iov[i].iov_len <= sizeof(datagram); i++) {
		memcpy(datagram + done, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
		done += m->msg_iov[i].iov_len;
	}
	return swallow(c, datagram, done);
}

static int stopped(struct timespec *t)
{
	const char *now = getenv("NOW");
	char *rest;

	if (!now)
		return 0;
	t->tv_sec = (time_t)strtoll(now, &rest, 10);
	t->tv_nsec = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	return 1;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);

	if (clock == CLOCK_REALTIME && stopped(t))
		return 0;
	if (!real)
		real = dlsym(RTLD_NEXT, "clock_gettime");
	return real(clock, t);
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *out, void *zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	out->tv_sec = t.tv_sec;
	out->tv_usec = t.tv_nsec / 1000;
	return 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	struct sockaddr_nl local;

	if (!real)
		real = dlsym(RTLD_NEXT, "bind");
	if (!getenv("REPLAY") || !is_netlink(fd) || size < sizeof(local))
		return real(fd, address, size);
	memcpy(&local, address, sizeof(local));
	local.nl_groups = 0;
	return real(fd, (struct sockaddr *)&local, sizeof(local));
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	static int (*real)(int, int, int, const void *, socklen_t);
	int member = option == NETLINK_ADD_MEMBERSHIP || option == NETLINK_DROP_MEMBERSHIP;
	int privileged = (level == SOL_NETLINK && member) ||
			 (level == SOL_SOCKET && option == SO_RCVBUFFORCE);

	if (getenv("REPLAY") && is_netlink(fd) && privileged)
		return 0;
	if (!real)
		real = dlsym(RTLD_NEXT, "setsockopt");
	return real(fd, level, option, value, size);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static int (*real)(struct pollfd *, nfds_t, int);
	int readable = 0, others;

	if (!real)
		real = dlsym(RTLD_NEXT, "poll");
	for (nfds_t i = 0; i < count; i++) {
		struct channel *c = channel_of(fds[i].fd);

		readable += c && !c->ended && (fds[i].events & POLLIN);
	}
	others = real(fds, count, readable ? 0 : timeout);
	if (others < 0)
		return others;
	for (nfds_t i = 0; i < count; i++) {
		struct channel *c = channel_of(fds[i].fd);

		if (c && !c->ended && (fds[i].events & POLLIN)) {
			others += !fds[i].revents;
			fds[i].revents |= POLLIN;
		}
	}
	return others;
}
