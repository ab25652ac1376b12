#include <stdlib.h>

#include "internal.h"

/// Puts a communicator that a call with this status has made behind a pointer.
static int wrap(int status, MPI_Comm comm, srdist_mpi_communicator **result) {
  if (status != MPI_SUCCESS) return status;
  srdist_mpi_communicator *made = malloc(sizeof *made);
  if (made == NULL) return SRDIST_MPI_OUT_OF_MEMORY;
  made->comm = comm;
  *result = made;
  return SRDIST_MPI_SUCCESS;
}

static int duplicate(MPI_Comm source, srdist_mpi_communicator **result) {
  MPI_Comm made = MPI_COMM_NULL;
  int status = MPI_Comm_dup(source, &made);
  return wrap(status, made, result);
}

int srdist_mpi_world(srdist_mpi_communicator **communicator) {
  return duplicate(MPI_COMM_WORLD, communicator);
}

int srdist_mpi_duplicate(const srdist_mpi_communicator *communicator, srdist_mpi_communicator **result) {
  return duplicate(communicator->comm, result);
}

int srdist_mpi_rank(const srdist_mpi_communicator *communicator, int *rank) {
  return MPI_Comm_rank(communicator->comm, rank);
}

int srdist_mpi_size(const srdist_mpi_communicator *communicator, int *size) {
  return MPI_Comm_size(communicator->comm, size);
}

int srdist_mpi_local(
    const srdist_mpi_communicator *communicator, int *rank, int *size, int *first) {
  // OMPI_COMM_WORLD_LOCAL_RANK is of no use here: srun and other launchers do not set it.
  MPI_Comm local;
  int status =
      MPI_Comm_split_type(communicator->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
  if (status != MPI_SUCCESS) return status;
  status = MPI_Comm_rank(local, rank);
  if (status == MPI_SUCCESS) status = MPI_Comm_size(local, size);
  if (status == MPI_SUCCESS) status = MPI_Comm_rank(communicator->comm, first);
  if (status == MPI_SUCCESS) status = MPI_Bcast(first, 1, MPI_INT, 0, local);
  int freed = MPI_Comm_free(&local);
  return status != MPI_SUCCESS ? status : freed;
}

int srdist_mpi_split(
    const srdist_mpi_communicator *communicator, int color, srdist_mpi_communicator **result) {
  int rank;
  int status = MPI_Comm_rank(communicator->comm, &rank);
  if (status != MPI_SUCCESS) return status;
  MPI_Comm made = MPI_COMM_NULL;
  status = MPI_Comm_split(communicator->comm, color, rank, &made);
  return wrap(status, made, result);
}
