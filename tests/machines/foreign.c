/* SPDX-License-Identifier: MIT
 *
 * What golden/shim.c lacks where its program runs on another machine under qemu's user mode.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

/* qemu opens netlink sockets of NETLINK_ROUTE and two other kinds only. As the shim keeps everything from the kernel, one
 * of those will do for NETLINK_NETFILTER. */
int socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);

	if (!real)
		real = dlsym(RTLD_NEXT, "socket");
	return real(domain, type, domain == AF_NETLINK ? NETLINK_ROUTE : protocol);
}

#if __SIZEOF_POINTER__ == 4
/* The clock of programs for 32 bits that outlive 2038: it stands still with the other one. */
struct wide { int64_t seconds; int32_t nanoseconds, padding; };

int __clock_gettime64(clockid_t clock, struct wide *t)
{
	struct timespec narrow;
	int result = clock_gettime(clock, &narrow);

	t->seconds = narrow.tv_sec;
	t->nanoseconds = (int32_t)narrow.tv_nsec;
	t->padding = 0;
	return result;
}
#endif
