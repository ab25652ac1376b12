#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

bool srdist_mpi_launched(void) {
  // Open MPI's mpirun sets the first variable, `srun --mpi=pmix` the second, and the PMI launchers of MPICH and Slurm the
  // third. SLURM_PROCID tells nothing: Slurm also sets it for programs without MPI.
  return getenv("OMPI_COMM_WORLD_SIZE") != NULL || getenv("PMIX_RANK") != NULL || getenv("PMI_RANK") != NULL;
}

int srdist_mpi_finalize(void) {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (!initialized || finalized) return SRDIST_MPI_SUCCESS;
  return MPI_Finalize();
}

// MPI_Finalize waits for all ranks. A rank that exits because it failed must not wait for the others, which may wait for
// that rank in a collective. The failed rank exits without MPI_Finalize, and the launcher ends the job.
#ifdef __GLIBC__
static void finalize_at_exit(int status, void *unused) {
  (void)unused;
  if (status == 0) (void)srdist_mpi_finalize();
}
static int register_finalize(void) { return on_exit(finalize_at_exit, NULL); }
#else
static void finalize_at_exit(void) { (void)srdist_mpi_finalize(); }
static int register_finalize(void) { return atexit(finalize_at_exit); }
#endif

int srdist_mpi_initialize(int *provided) {
  int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, provided);
  if (status != MPI_SUCCESS) return status;
  // Duplicated communicators inherit the handler.
  status = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (status != MPI_SUCCESS) return status;
  status = MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  if (status != MPI_SUCCESS) return status;
  if (register_finalize() != 0) return SRDIST_MPI_OUT_OF_MEMORY;
  return *provided == MPI_THREAD_MULTIPLE ? SRDIST_MPI_SUCCESS : SRDIST_MPI_NO_THREADS;
}

static volatile sig_atomic_t late_code;
static void exit_late(int number) {
  (void)number;
  _exit(late_code);
}

void srdist_mpi_exit_within(int seconds, int code) {
  // A timer signal, because it needs no thread. A process at its limit of threads could not start one.
  struct sigaction action = {.sa_handler = exit_late};
  sigset_t signals;
  late_code = code;
  sigaction(SIGALRM, &action, NULL);
  sigemptyset(&signals);
  sigaddset(&signals, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
  alarm((unsigned)seconds);
}

void srdist_mpi_abort(int code) {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (initialized && !finalized) MPI_Abort(MPI_COMM_WORLD, code);
  // exit() would run handlers that finalise MPI and tear down what other threads may still use.
  _exit(code);
}

void srdist_mpi_error_message(int status, char *text, int capacity) {
  const char *own = NULL;
  char message[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  switch (status) {
    case SRDIST_MPI_SUCCESS: own = "no error"; break;
    case SRDIST_MPI_COUNT_TOO_LARGE: own = "a count does not fit MPI's 32-bit int"; break;
    case SRDIST_MPI_OUT_OF_MEMORY: own = "out of memory"; break;
    case SRDIST_MPI_NO_THREADS:
      own = "the MPI library does not grant MPI_THREAD_MULTIPLE; use one built with thread support";
      break;
    case SRDIST_MPI_BAD_ELEMENT: own = "only elements of 2 or 4 bytes can be exchanged"; break;
    default:
      if (MPI_Error_string(status, message, &length) != MPI_SUCCESS) own = "unknown MPI error";
  }
  snprintf(text, (size_t)capacity, "%s", own != NULL ? own : message);
}

void srdist_mpi_library_version(char *text, int capacity) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  (void)MPI_Get_library_version(version, &length);
  snprintf(text, (size_t)capacity, "%s", version);
}

int srdist_mpi_processor_name(char *text, int capacity) {
  char name[MPI_MAX_PROCESSOR_NAME + 1] = "";
  int length = 0, initialized = 0;
  MPI_Initialized(&initialized);
  if (initialized) {
    int status = MPI_Get_processor_name(name, &length);
    if (status != MPI_SUCCESS) return status;
  } else {
    (void)gethostname(name, sizeof(name) - 1);
  }
  snprintf(text, (size_t)capacity, "%s", name);
  return SRDIST_MPI_SUCCESS;
}

int srdist_mpi_narrow(int64_t wide, int *narrow) {
  if (wide < 0 || wide > INT_MAX) return SRDIST_MPI_COUNT_TOO_LARGE;
  *narrow = (int)wide;
  return SRDIST_MPI_SUCCESS;
}
