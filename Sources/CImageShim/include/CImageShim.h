// Whole-image PNG and JPEG coding in plain C types.
//
// libpng and libjpeg report errors by longjmp, which must not cross Swift frames. So every setjmp is in this target, and
// Swift gets a status and a message.

#ifndef CIMAGESHIM_H
#define CIMAGESHIM_H

#include <stddef.h>
#include <stdint.h>

/// Room for an error message, including its final zero byte.
#define SRDIST_IMAGE_MESSAGE_SIZE 256

/// Interleaved 8-bit RGB: height rows of width pixels of 3 bytes, from malloc.
typedef struct {
  size_t width;
  size_t height;
  uint8_t *pixels;
} srdist_image;

/// Decodes a PNG to RGB as Pillow's `Image.open(...).convert("RGB")` does, except that 16-bit grey keeps its high byte, as
/// 16-bit colour does; Pillow's grey saturates at 255. Alpha and tRNS are dropped.
/// Returns 0 and fills `image` (free with srdist_image_free), or returns -1 and fills `message`.
int srdist_png_decode(const uint8_t *bytes, size_t count, srdist_image *image,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Decodes a JPEG to RGB as Pillow does: slow integer DCT, fancy upsampling, CMYK read as Adobe's (inverted).
/// Damaged or missing entropy-coded data is an error, although libjpeg itself only warns.
int srdist_jpeg_decode(const uint8_t *bytes, size_t count, srdist_image *image,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Encodes `width * height` RGB pixels as an 8-bit PNG of `*count` bytes from malloc (free with
/// srdist_image_free). Returns 0, or -1 and fills `message`.
int srdist_png_encode(const uint8_t *pixels, size_t width, size_t height, uint8_t **bytes, size_t *count,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Frees what a function above returned. A null pointer is ignored.
void srdist_image_free(void *memory);

#endif
