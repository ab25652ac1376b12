#include <stdlib.h>

#include "internal.h"

// MPI may read the count and offset arrays of a nonblocking collective until the collective is complete. So the arrays are
// stored behind the request.
struct srdist_mpi_request {
  MPI_Request request;
  int arrays[];
};

static int element_type(int bytes, MPI_Datatype *type) {
  switch (bytes) {
    case 4: *type = MPI_FLOAT; return SRDIST_MPI_SUCCESS;
    case 2: *type = MPI_UINT16_T; return SRDIST_MPI_SUCCESS;
    default: return SRDIST_MPI_BAD_ELEMENT;
  }
}

/// A request with room for `groups` arrays of one int per rank, filled from `wide`.
static int make_request(
    const srdist_mpi_communicator *communicator, int groups, const int64_t *const *wide,
    srdist_mpi_request **request, int *size) {
  int status = MPI_Comm_size(communicator->comm, size);
  if (status != MPI_SUCCESS) return status;
  srdist_mpi_request *made =
      malloc(sizeof *made + (size_t)groups * (size_t)*size * sizeof made->arrays[0]);
  if (made == NULL) return SRDIST_MPI_OUT_OF_MEMORY;
  for (int g = 0; g < groups; ++g) {
    for (int r = 0; r < *size && status == SRDIST_MPI_SUCCESS; ++r) {
      status = srdist_mpi_narrow(wide[g][r], &made->arrays[g * *size + r]);
    }
  }
  if (status != SRDIST_MPI_SUCCESS) {
    free(made);
    return status;
  }
  *request = made;
  return SRDIST_MPI_SUCCESS;
}

/// Hands the request to the caller if the start succeeded. Otherwise releases the request.
static int started(int status, srdist_mpi_request *made, srdist_mpi_request **request) {
  if (status != MPI_SUCCESS) {
    free(made);
    return status;
  }
  *request = made;
  return SRDIST_MPI_SUCCESS;
}

int srdist_mpi_start_alltoallv(
    const srdist_mpi_communicator *communicator, int element_bytes, const void *sent,
    const int64_t *sent_counts, const int64_t *sent_offsets, void *received,
    const int64_t *received_counts, const int64_t *received_offsets, srdist_mpi_request **request) {
  MPI_Datatype type;
  int size;
  srdist_mpi_request *made;
  const int64_t *const wide[] = {sent_counts, sent_offsets, received_counts, received_offsets};
  int status = element_type(element_bytes, &type);
  if (status == SRDIST_MPI_SUCCESS) status = make_request(communicator, 4, wide, &made, &size);
  if (status != SRDIST_MPI_SUCCESS) return status;
  int *a = made->arrays;
  status = MPI_Ialltoallv(
      sent, a, a + size, type, received, a + 2 * size, a + 3 * size, type, communicator->comm,
      &made->request);
  return started(status, made, request);
}

int srdist_mpi_start_allgatherv(
    const srdist_mpi_communicator *communicator, int element_bytes, void *buffer, const int64_t *counts,
    const int64_t *offsets, srdist_mpi_request **request) {
  MPI_Datatype type;
  int size;
  srdist_mpi_request *made;
  const int64_t *const wide[] = {counts, offsets};
  int status = element_type(element_bytes, &type);
  if (status == SRDIST_MPI_SUCCESS) status = make_request(communicator, 2, wide, &made, &size);
  if (status != SRDIST_MPI_SUCCESS) return status;
  status = MPI_Iallgatherv(
      MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, buffer, made->arrays, made->arrays + size, type,
      communicator->comm, &made->request);
  return started(status, made, request);
}

int srdist_mpi_start_allreduce_sum(
    const srdist_mpi_communicator *communicator, float *buffer, int64_t count,
    srdist_mpi_request **request) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  srdist_mpi_request *made = malloc(sizeof *made);
  if (made == NULL) return SRDIST_MPI_OUT_OF_MEMORY;
  status = MPI_Iallreduce(
      MPI_IN_PLACE, buffer, narrow, MPI_FLOAT, MPI_SUM, communicator->comm, &made->request);
  return started(status, made, request);
}

int srdist_mpi_start_send(
    const srdist_mpi_communicator *communicator, const void *bytes, int64_t count, int destination, int tag,
    srdist_mpi_request **request) {
  int narrow;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  srdist_mpi_request *made = malloc(sizeof *made);
  if (made == NULL) return SRDIST_MPI_OUT_OF_MEMORY;
  status = MPI_Isend(bytes, narrow, MPI_BYTE, destination, tag, communicator->comm, &made->request);
  return started(status, made, request);
}

int srdist_mpi_receive_available(
    const srdist_mpi_communicator *communicator, void *bytes, int64_t count, int tag, int *source) {
  int narrow, available = 0;
  MPI_Message message;
  MPI_Status envelope;
  *source = -1;
  int status = srdist_mpi_narrow(count, &narrow);
  if (status != SRDIST_MPI_SUCCESS) return status;
  // A matched probe: no other thread can receive the message in between.
  status = MPI_Improbe(MPI_ANY_SOURCE, tag, communicator->comm, &available, &message, &envelope);
  if (status != MPI_SUCCESS || !available) return status;
  status = MPI_Mrecv(bytes, narrow, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  if (status == MPI_SUCCESS) *source = envelope.MPI_SOURCE;
  return status;
}

int srdist_mpi_test(srdist_mpi_request **request, bool *complete) {
  int flag = 0;
  int status = MPI_Test(&(*request)->request, &flag, MPI_STATUS_IGNORE);
  *complete = status == MPI_SUCCESS && flag;
  if (*complete) {
    free(*request);
    *request = NULL;
  }
  return status;
}
