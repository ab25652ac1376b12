// What a signal handler needs to know about mapped files, in plain C: it may call little, and nothing of Swift. And the system
// calls that Swift's modules lack.

#ifndef CFILESSHIM_H
#define CFILESSHIM_H

#include <stddef.h>

/// Records that `count` bytes from `start` are those of the file at `path`.
///
/// If the file becomes shorter, or its disk fails, the next access to its bytes raises SIGBUS. Then the handler that the first
/// call installs prints one line that names the file, and ends the process with status 1. SIGBUS for any other reason goes to
/// the handler that was there before. Safe to call on several threads.
void srdist_mapping_add(const void *start, size_t count, const char *path);

/// Forgets a mapping. Call it before `munmap`.
void srdist_mapping_remove(const void *start);

/// The magic number of the file system at `path`, as statfs(2) lists them; -1 with `errno` if the system does not tell.
long srdist_file_system_type(const char *path);

/// Memory of `count` zeros without a name, as a file that other processes can map; -1 with `errno` if there is too little. All of it
/// is reserved at once: otherwise a process that touched what is not there would be killed.
int srdist_anonymous_file(size_t count);

/// Writes what was printed on standard output. Returns 0, or the error number of the write that failed now or earlier; EIO for an
/// earlier one. A pipe whose reader has ended is no error: it wanted no more.
int srdist_finish_standard_output(void);

#endif
