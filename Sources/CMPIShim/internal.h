#ifndef SRDIST_CMPISHIM_INTERNAL_H
#define SRDIST_CMPISHIM_INTERNAL_H

#include <mpi.h>

#include "CMPIShim.h"

struct srdist_mpi_communicator {
  MPI_Comm comm;
};

/// MPI-3 counts in `int`. Silent truncation would exchange the wrong floats, so a count that does not fit is an error.
int srdist_mpi_narrow(int64_t wide, int *narrow);

#endif
