#include <stdlib.h>

#include "internal.h"

int srdist_mpi_barrier(const srdist_mpi_communicator *communicator) {
  return MPI_Barrier(communicator->comm);
}

int srdist_mpi_broadcast(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int root) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  return MPI_Bcast(bytes, narrow, MPI_BYTE, root, communicator->comm);
}

int srdist_mpi_allgather(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  return MPI_Allgather(sent, narrow, MPI_BYTE, received, narrow, MPI_BYTE, communicator->comm);
}

/// The counts and offsets of all ranks as ints: first the counts, then the offsets. The caller frees them.
static int narrow_all(
    const srdist_mpi_communicator *communicator, const int64_t *counts, const int64_t *offsets,
    int **narrow, int *size) {
  int status = MPI_Comm_size(communicator->comm, size);
  if (status != MPI_SUCCESS) return status;
  int *made = malloc(2 * (size_t)*size * sizeof *made);
  if (made == NULL) return SRDIST_MPI_OUT_OF_MEMORY;
  for (int r = 0; r < *size && status == SRDIST_MPI_SUCCESS; ++r) {
    status = srdist_mpi_narrow(counts[r], &made[r]);
    if (status == SRDIST_MPI_SUCCESS) status = srdist_mpi_narrow(offsets[r], &made[*size + r]);
  }
  if (status != SRDIST_MPI_SUCCESS) {
    free(made);
    return status;
  }
  *narrow = made;
  return SRDIST_MPI_SUCCESS;
}

int srdist_mpi_allgatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets) {
  int own, size, *arrays;
  int status = srdist_mpi_narrow(count, &own);
  if (status == SRDIST_MPI_SUCCESS) status = narrow_all(communicator, counts, offsets, &arrays, &size);
  if (status != SRDIST_MPI_SUCCESS) return status;
  status = MPI_Allgatherv(
      sent, own, MPI_BYTE, received, arrays, arrays + size, MPI_BYTE, communicator->comm);
  free(arrays);
  return status;
}

int srdist_mpi_gatherv(
    const srdist_mpi_communicator *communicator, const void *sent, int64_t count, void *received,
    const int64_t *counts, const int64_t *offsets, int root) {
  int own, rank, size = 0, *arrays = NULL;
  int status = srdist_mpi_narrow(count, &own);
  if (status == SRDIST_MPI_SUCCESS) status = MPI_Comm_rank(communicator->comm, &rank);
  if (status == MPI_SUCCESS && rank == root) {
    status = narrow_all(communicator, counts, offsets, &arrays, &size);
  }
  if (status != SRDIST_MPI_SUCCESS) return status;
  status = MPI_Gatherv(
      sent, own, MPI_BYTE, received, arrays, arrays == NULL ? NULL : arrays + size, MPI_BYTE, root,
      communicator->comm);
  free(arrays);
  return status;
}

int srdist_mpi_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination,
    int tag) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  return MPI_Send(bytes, narrow, MPI_BYTE, destination, tag, communicator->comm);
}

int srdist_mpi_receive(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int source, int tag) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  return MPI_Recv(bytes, narrow, MPI_BYTE, source, tag, communicator->comm, MPI_STATUS_IGNORE);
}
