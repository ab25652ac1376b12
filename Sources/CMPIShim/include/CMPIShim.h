// MPI as plain C functions, so that Swift can call it.
//
// Swift cannot import mpi.h's handles: MPI_COMM_WORLD, MPI_FLOAT and the rest are casting macros, and their
// types differ between MPI libraries. This header shows opaque structs, fixed-width integers and statuses
// instead, and is the only place of the package that knows mpi.h.
//
// Every function that can fail returns a status: 0, a positive MPI error code, or one of the negative
// SRDIST_MPI_... codes below. `srdist_mpi_error_message` puts any of them in words.
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
/// A nonblocking operation under way: MPI_Request and the arrays that MPI may read until it is complete.
typedef struct srdist_mpi_request srdist_mpi_request;

// --- Lifecycle (lifecycle.c)

/// Whether a launcher (mpirun, srun) started this process as one of several ranks. Without one MPI_Init
/// would start a daemon of its own to serve a single rank, so the program is rank 0 of 1 without MPI.
bool srdist_mpi_launched(void);
/// MPI_Init_thread with MPI_THREAD_MULTIPLE: the communication thread calls MPI beside the main thread.
/// `provided` becomes the level granted (3 is MPI_THREAD_MULTIPLE). Errors are returned from then on
/// instead of ending the job, and MPI is finalised when the process exits with status 0.
int srdist_mpi_initialize(int *provided);
/// Finalises now; collective. Harmless when repeated or when MPI was never initialised.
int srdist_mpi_finalize(void);
/// Ends every rank of the job with `code` as mpirun's exit status. Does not return.
void srdist_mpi_abort(int code);
/// Puts a status of any function here in words; always terminates `text`.
void srdist_mpi_error_message(int status, char *text, int capacity);
/// Name and version of the MPI library, such as "Open MPI v4.1.4, ..."; callable before initialisation.
void srdist_mpi_library_version(char *text, int capacity);
/// The name of this host as MPI knows it, the operating system's without MPI.
int srdist_mpi_processor_name(char *text, int capacity);

// --- Communicators (communicator.c)

/// A duplicate of MPI_COMM_WORLD: messages on one communicator never match those on another.
int srdist_mpi_world(srdist_mpi_communicator **communicator);
/// MPI_Comm_dup; collective. Communicators live until MPI is finalised: freeing one is collective too,
/// which a reference count that drops to zero at different times on each rank cannot be.
int srdist_mpi_duplicate(const srdist_mpi_communicator *communicator, srdist_mpi_communicator **duplicate);
int srdist_mpi_rank(const srdist_mpi_communicator *communicator, int *rank);
int srdist_mpi_size(const srdist_mpi_communicator *communicator, int *size);
/// Rank and number of ranks among those that share this host's memory; collective.
int srdist_mpi_local(const srdist_mpi_communicator *communicator, int *rank, int *size);

// --- Blocking calls, on bytes (blocking.c)

int srdist_mpi_barrier(const srdist_mpi_communicator *communicator);
int srdist_mpi_broadcast(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int root);
/// Every rank gives `count` bytes; `received` has room for `count` times the ranks, in rank order.
int srdist_mpi_allgather(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received);
/// As above where each rank r gives `counts[r]` bytes, which land at `offsets[r]`.
int srdist_mpi_allgatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets);
/// As above, received by `root` alone; elsewhere the last three arguments are not read.
int srdist_mpi_gatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets, int root);
int srdist_mpi_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination, int tag);
int srdist_mpi_receive(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int source, int tag);

// --- Nonblocking calls (nonblocking.c)
//
// Counts and offsets are in elements of 4 (float) or 2 (bfloat16, moved as uint16) bytes: an int counts more
// elements than bytes. Buffers stay untouched until `srdist_mpi_test` reports the end.

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
/// Sends `count` bytes without waiting for the receiver; `bytes` stay untouched until the request is complete.
int srdist_mpi_start_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination, int tag,
    srdist_mpi_request **request);
/// Receives a message of `count` bytes with `tag` from any rank where one has come already; `*source` becomes
/// its rank, or -1 where there is none.
int srdist_mpi_receive_available(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int tag, int *source);
/// Lets MPI work and says whether the operation is complete; then `*request` is released and NULL.
int srdist_mpi_test(srdist_mpi_request **request, bool *complete);

#ifdef __cplusplus
}
#endif

#endif
