#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CFilesShim.h"

int srdist_finish_standard_output(void) {
  errno = 0;
  int code = fflush(stdout) != 0 ? errno : 0;
  if (code == 0 && ferror(stdout)) code = EIO;
  if (code == 0) return 0;
  struct stat status;
  int is_pipe = fstat(STDOUT_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
  // The number of an earlier error is lost. On a pipe it was this one.
  return code == EPIPE || (is_pipe && code == EIO) ? 0 : code;
}
