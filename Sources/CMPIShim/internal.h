#ifndef SRDIST_CMPISHIM_INTERNAL_H
#define SRDIST_CMPISHIM_INTERNAL_H

#include <mpi.h>

#include "CMPIShim.h"

struct srdist_mpi_communicator {
  MPI_Comm comm;
};

/// MPI-3 counts in `int`: a silent truncation would exchange the wrong floats.
int srdist_mpi_narrow(int64_t wide, int *narrow);

#endif
