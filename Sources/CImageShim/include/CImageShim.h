// Whole-image PNG and JPEG coding in plain C types.
//
// libpng and libjpeg report errors by longjmp, which must not cross Swift frames. So every setjmp is in this target, and
// Swift gets a status and a message.
//
// A file of a few kilobytes can claim any size. So a picture is measured first, which reads its header and allocates little.
// The caller decides whether the picture is too large, and allocates the pixels.

#ifndef CIMAGESHIM_H
#define CIMAGESHIM_H

#include <stddef.h>
#include <stdint.h>

/// Room for an error message, including its final zero byte.
#define SRDIST_IMAGE_MESSAGE_SIZE 256

/// Pictures with more pixels are refused: 268 million, more than any camera has.
#define SRDIST_IMAGE_MAX_PIXELS (1 << 28)

/// A JPEG with more scans is refused. Encoders write about ten. Each scan takes time for every pixel.
#define SRDIST_JPEG_MAX_SCANS 100

/// The product of a JPEG's scans and its pixels has this limit too. It still allows 16 scans of the largest picture.
#define SRDIST_JPEG_MAX_SCANNED_PIXELS ((size_t)1 << 32)

/// What a file says about its picture.
typedef struct {
  size_t width;
  size_t height;
  /// The most bytes that the decoder allocates beside the pixels.
  size_t working_bytes;
  /// How many faults were found that change no pixel.
  size_t warnings;
  /// The codec library's text for the first of them.
  char warning[SRDIST_IMAGE_MESSAGE_SIZE];
} srdist_image;

/// Reads a PNG's header. Returns 0 and fills `image`, or returns -1 and fills `message`.
int srdist_png_measure(const uint8_t *bytes, size_t count, srdist_image *image,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Reads a JPEG's header. Returns 0 and fills `image`, or returns -1 and fills `message`.
int srdist_jpeg_measure(const uint8_t *bytes, size_t count, srdist_image *image,
                        char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Decodes a PNG to RGB as Pillow's `Image.open(...).convert("RGB")` does, except that 16-bit grey keeps its high byte, as
/// 16-bit colour does; Pillow's grey saturates at 255. Alpha and tRNS are dropped.
///
/// `image` was measured, and `pixels` has room for `height` rows of `width` pixels of 3 bytes. Returns 0 and sets the warnings
/// of `image`, or returns -1 and fills `message`.
int srdist_png_decode(const uint8_t *bytes, size_t count, srdist_image *image, uint8_t *pixels,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Decodes a JPEG to RGB as Pillow does: slow integer DCT, fancy upsampling, CMYK read as Adobe's (inverted).
/// Damaged or missing entropy-coded data is an error, although libjpeg itself only warns.
///
/// See `srdist_png_decode` for the arguments and the result.
int srdist_jpeg_decode(const uint8_t *bytes, size_t count, srdist_image *image, uint8_t *pixels,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Encodes `width * height` RGB pixels as an 8-bit PNG of `*count` bytes from malloc (free with
/// srdist_image_free). Returns 0, or -1 and fills `message`.
int srdist_png_encode(const uint8_t *pixels, size_t width, size_t height, uint8_t **bytes, size_t *count,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Frees what `srdist_png_encode` returned. A null pointer is ignored.
void srdist_image_free(void *memory);

#endif
