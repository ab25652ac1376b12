#include <sys/vfs.h>

#include "CFilesShim.h"

long srdist_file_system_type(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}
