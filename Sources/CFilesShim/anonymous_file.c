#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CFilesShim.h"

int srdist_anonymous_file(size_t count) {
  const int file = memfd_create("srdist", MFD_CLOEXEC);
  if (file < 0) return -1;
  const int problem = posix_fallocate(file, 0, (off_t)count);
  if (problem == 0) return file;
  close(file);
  errno = problem;
  return -1;
}
