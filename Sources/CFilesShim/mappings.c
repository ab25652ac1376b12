#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "CFilesShim.h"

/// One mapped file. A slot is free if `start` is 0, and not complete yet or any more if `start` is `claimed`.
typedef struct {
  _Atomic uintptr_t start;
  size_t count;
  char *path;
} mapping;

static const uintptr_t claimed = 1;

/// A fixed table, because the handler cannot take a lock. A thread has one mapping, or a few. If more files are mapped, the
/// rest are not named.
enum { capacity = 4096 };
static mapping mappings[capacity];

static struct sigaction previous;
static atomic_flag has_reported = ATOMIC_FLAG_INIT;

/// A line that is made from parts and written with one call, so that the lines of several ranks on one pipe do not mix. A text
/// that has no room is cut.
typedef struct {
  size_t count;
  char text[PATH_MAX + 256];
} line;

static void append(line *to, const char *text) {
  const size_t room = sizeof to->text - to->count, count = strlen(text);
  const size_t taken = count < room ? count : room;
  memcpy(to->text + to->count, text, taken);
  to->count += taken;
}

static void print(const line *from) {
  const char *text = from->text;
  size_t left = from->count;
  while (left > 0) {
    const ssize_t count = write(STDERR_FILENO, text, left);
    if (count < 0) return;
    text += count;
    left -= (size_t)count;
  }
}

/// Prints the line. Calls only functions that POSIX lists as safe in a signal handler.
static void report(const mapping *file) {
  struct termios terminal;
  struct stat status;
  static line told;  // Not on the signal's stack, which is small. One thread comes here, once.
  // On a terminal, the cursor may stand behind a progress line.
  if (tcgetattr(STDERR_FILENO, &terminal) == 0) append(&told, "\n");
  append(&told, "srdist: error: ");
  append(&told, file->path);
  if (stat(file->path, &status) == 0 && (size_t)status.st_size < file->count) {
    append(&told, " changed while it was in use: it is shorter than when it was opened\n");
  } else {
    append(&told, " cannot be read any further: its disk or network file system failed\n");
  }
  print(&told);
}

static void handle(int number, siginfo_t *info, void *context) {
  (void)context;
  const uintptr_t address = (uintptr_t)info->si_addr;
  // A signal that another process sent has no address.
  for (int i = 0; i < capacity && info->si_code > 0; i++) {
    const uintptr_t start = atomic_load(&mappings[i].start);
    if (start <= claimed || address < start || address - start >= mappings[i].count) continue;
    if (atomic_flag_test_and_set(&has_reported)) {
      for (;;) pause();  // Another thread is about to end the process.
    }
    report(&mappings[i]);
    _exit(1);
  }
  sigaction(number, &previous, NULL);
  // An access that failed is repeated when this handler returns. A signal that was sent must be sent again.
  if (info->si_code <= 0) raise(number);
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

void srdist_mapping_add(const void *start, size_t count, const char *path) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  char *copy = strdup(path);
  if (copy == NULL) return;
  for (int i = 0; i < capacity; i++) {
    uintptr_t expected = 0;
    if (!atomic_compare_exchange_strong(&mappings[i].start, &expected, claimed)) continue;
    mappings[i].count = count;
    mappings[i].path = copy;
    atomic_store(&mappings[i].start, (uintptr_t)start);
    return;
  }
  free(copy);
}

void srdist_mapping_remove(const void *start) {
  for (int i = 0; i < capacity; i++) {
    uintptr_t expected = (uintptr_t)start;
    if (!atomic_compare_exchange_strong(&mappings[i].start, &expected, claimed)) continue;
    free(mappings[i].path);
    mappings[i].path = NULL;
    atomic_store(&mappings[i].start, 0);
    return;
  }
}
