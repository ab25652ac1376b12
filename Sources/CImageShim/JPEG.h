// Error reporting shared by JPEG's decoder and encoder.

#ifndef SRDIST_JPEG_H
#define SRDIST_JPEG_H

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

#include "Image.h"

/// libjpeg's error manager, and where an error jumps to. libjpeg passes the first member to its callbacks.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
  char *message;
  /// Counts the decoder's warnings.
  srdist_image *image;
  struct jpeg_progress_mgr progress;
} srdist_jpeg_report;

/// libjpeg's error callback: writes the text into the report's message and jumps back.
void srdist_jpeg_fail(j_common_ptr codec);

#endif
