// Error reporting shared by PNG's decoder and encoder.

#ifndef SRDIST_PNG_H
#define SRDIST_PNG_H

#include <png.h>

/// libpng's error callback: copies the text to the message (the error pointer) and jumps back.
void srdist_png_fail(png_structp png, png_const_charp text);

/// libpng's warning callback. Files with warnings are still decoded, as in Pillow.
void srdist_png_ignore_warning(png_structp png, png_const_charp text);

#endif
