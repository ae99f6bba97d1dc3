/* A bad machine for tests, preloaded into healrun (LD_PRELOAD):
   $SHIM_SHIFT names a file with milliseconds that are added to the wall clock;
   while the file named by $SHIM_FULL exists, the disk is full for write-ahead logs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *t) {
  long answer = syscall(SYS_clock_gettime, clock, t);
  const char *name = getenv("SHIM_SHIFT");
  if (answer != 0 || clock != CLOCK_REALTIME || !name) return (int)answer;
  char text[32] = {0};
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  long long ms = n > 0 ? atoll(text) : 0;
  long long ns = (long long)t->tv_nsec + (ms % 1000) * 1000000;
  t->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
  t->tv_nsec = (ns + 1000000000) % 1000000000;
  return 0;
}

static int full(int fd) {
  const char *name = getenv("SHIM_FULL");
  if (!name || access(name, F_OK) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 4) return 0;
  path[n] = 0;
  return strcmp(path + n - 4, "-wal") == 0;
}

ssize_t write(int fd, const void *from, size_t size) {
  if (full(fd)) return errno = ENOSPC, -1;
  return syscall(SYS_write, fd, from, size);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  if (full(fd)) return errno = ENOSPC, -1;
  return syscall(SYS_pwrite64, fd, from, size, at);
}
