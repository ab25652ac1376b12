// Error reporting shared by PNG's decoder and encoder.

#ifndef SRDIST_PNG_H
#define SRDIST_PNG_H

#include <png.h>

#include "Image.h"

/// libpng's error pointer: where errors and warnings go.
typedef struct {
  char *message;
  /// Counts the warnings. NULL for the encoder, which has none that matter.
  srdist_image *image;
} srdist_png_report;

/// libpng's error callback: copies the text to the report's message and jumps back.
void srdist_png_fail(png_structp png, png_const_charp text);

/// libpng's warning callback. Files with warnings are still decoded, as in Pillow.
void srdist_png_warn(png_structp png, png_const_charp text);

#endif
