// MPI as plain C functions, so that Swift can call it.
//
// Swift cannot import mpi.h's handles: MPI_COMM_WORLD, MPI_FLOAT and the rest are casting macros, and their
// types differ between MPI libraries. This header declares opaque structs, fixed-width integers and statuses
// instead. Only this target uses mpi.h.
//
// Every function that can fail returns a status: 0, a positive MPI error code, or one of the negative
// SRDIST_MPI_... codes below. `srdist_mpi_error_message` describes any of them.
#ifndef SRDIST_CMPISHIM_H
#define SRDIST_CMPISHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SRDIST_MPI_SUCCESS = 0,
  /// A count or displacement does not fit the `int` of MPI-3's calls.
  SRDIST_MPI_COUNT_TOO_LARGE = -1,
  SRDIST_MPI_OUT_OF_MEMORY = -2,
  /// The library grants less than MPI_THREAD_MULTIPLE.
  SRDIST_MPI_NO_THREADS = -3,
  /// An element size other than 2 or 4 bytes.
  SRDIST_MPI_BAD_ELEMENT = -4,
};

/// A communicator: MPI_Comm behind a pointer.
typedef struct srdist_mpi_communicator srdist_mpi_communicator;
/// A nonblocking operation in progress: MPI_Request, and the arrays that MPI may read until the operation is complete.
typedef struct srdist_mpi_request srdist_mpi_request;

// --- Lifecycle (lifecycle.c)

/// Whether a launcher (mpirun, srun) started this process as a rank. Without a launcher, MPI_Init would start a daemon
/// for a single rank. So the program is then rank 0 of 1 and does not use MPI.
bool srdist_mpi_launched(void);
/// MPI_Init_thread with MPI_THREAD_MULTIPLE, because both the communication thread and the main thread call MPI.
/// `provided` becomes the level granted (3 is MPI_THREAD_MULTIPLE). From then on, errors are returned instead of ending
/// the job. MPI is finalised when the process exits with status 0.
int srdist_mpi_initialize(int *provided);
/// Finalises MPI now. Collective. The call does nothing if MPI is finalised already or was never initialised.
int srdist_mpi_finalize(void);
/// Has this process exit with `code` after `seconds`, whatever its threads do then. Uses SIGALRM.
void srdist_mpi_exit_within(int seconds, int code);
/// Ends every rank of the job with `code` as mpirun's exit status. Does not return.
void srdist_mpi_abort(int code);
/// Describes a status of any function here. `text` always ends with a zero byte.
void srdist_mpi_error_message(int status, char *text, int capacity);
/// Name and version of the MPI library, such as "Open MPI v4.1.4, ...". May be called before initialisation.
void srdist_mpi_library_version(char *text, int capacity);
/// The name of this host: MPI's name or, without MPI, the operating system's.
int srdist_mpi_processor_name(char *text, int capacity);

// --- Communicators (communicator.c)

/// A duplicate of MPI_COMM_WORLD. Messages on one communicator never match those on another.
int srdist_mpi_world(srdist_mpi_communicator **communicator);
/// MPI_Comm_dup. Collective. Communicators live until MPI is finalised: freeing one is collective too, and a reference
/// count drops to zero at a different time on each rank.
int srdist_mpi_duplicate(const srdist_mpi_communicator *communicator, srdist_mpi_communicator **duplicate);
/// The ranks that give the same `color`, which is not negative, in their order. Collective.
int srdist_mpi_split(
    const srdist_mpi_communicator *communicator, int color, srdist_mpi_communicator **result);
int srdist_mpi_rank(const srdist_mpi_communicator *communicator, int *rank);
int srdist_mpi_size(const srdist_mpi_communicator *communicator, int *size);
/// This rank's number, and the number of ranks, among the ranks that share this host's memory. `first` is the number that the
/// first of them has in the communicator. Collective.
int srdist_mpi_local(
    const srdist_mpi_communicator *communicator, int *rank, int *size, int *first);

// --- Blocking calls, on bytes (blocking.c)

int srdist_mpi_barrier(const srdist_mpi_communicator *communicator);
int srdist_mpi_broadcast(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int root);
/// Every rank gives `count` bytes. `received` has room for `count` bytes of each rank, in rank order.
int srdist_mpi_allgather(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received);
/// The same, but each rank r gives `counts[r]` bytes, which are received at `offsets[r]`.
int srdist_mpi_allgatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets);
/// The same, but only `root` receives. On the other ranks the last three arguments are not read.
int srdist_mpi_gatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets, int root);
int srdist_mpi_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination, int tag);
int srdist_mpi_receive(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int source, int tag);

// --- Nonblocking calls (nonblocking.c)
//
// Counts and offsets are in elements of 4 bytes (float) or 2 bytes (bfloat16, moved as uint16), because an int can count
// more data in elements than in bytes. The caller leaves the buffers alone until `srdist_mpi_test` reports the end.

/// Rank r receives `sent_counts[r]` elements from `sent + sent_offsets[r]`.
int srdist_mpi_start_alltoallv(
    const srdist_mpi_communicator *communicator, int element_bytes, const void *sent,
    const int64_t *sent_counts, const int64_t *sent_offsets, void *received,
    const int64_t *received_counts, const int64_t *received_offsets, srdist_mpi_request **request);
/// Every rank's own `counts[rank]` elements at `offsets[rank]` of `buffer` reach all other ranks' buffers.
int srdist_mpi_start_allgatherv(
    const srdist_mpi_communicator *communicator, int element_bytes, void *buffer, const int64_t *counts,
    const int64_t *offsets, srdist_mpi_request **request);
/// Sums `count` floats over all ranks, in an order of MPI's choice, into `buffer` of every rank.
int srdist_mpi_start_allreduce_sum(
    const srdist_mpi_communicator *communicator, float *buffer, int64_t count, srdist_mpi_request **request);
/// Sends `count` bytes without waiting for the receiver. The caller leaves `bytes` alone until the request is complete.
int srdist_mpi_start_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination, int tag,
    srdist_mpi_request **request);
/// Receives a message of `count` bytes with `tag` from any rank, if one has arrived already. `*source` becomes the
/// sender's rank, or -1 if there is no message.
int srdist_mpi_receive_available(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int tag, int *source);
/// Lets MPI work, and tells whether the operation is complete. If it is, `*request` is released and becomes NULL.
int srdist_mpi_test(srdist_mpi_request **request, bool *complete);

#ifdef __cplusplus
}
#endif

#endif
