// PNG and JPEG coding in plain C types: pictures are decoded whole, and encoded row by row.
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

/// A PNG's ICC profile with more bytes is not read. Profiles have at most a few megabytes.
#define SRDIST_PROFILE_MAX_BYTES (16 << 20)

/// What a file says about its picture.
typedef struct {
  size_t width;
  size_t height;
  /// As stored: 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha. A palette counts as RGB, CMYK too.
  size_t channels;
  /// As stored: 1, or 2 for a PNG of 16 bits.
  size_t sample_bytes;
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

/// What a decoder writes.
typedef enum {
  /// 8-bit RGB, whatever the file holds.
  SRDIST_RGB8,
  /// The channels and the depth that the file has. Samples of 16 bits are in the host's byte order.
  SRDIST_AS_STORED,
} srdist_samples;

/// Decodes a PNG. 8-bit RGB equals Pillow's `Image.open(...).convert("RGB")`, except that 16-bit grey keeps its high byte, as
/// 16-bit colour does; Pillow's grey saturates at 255. Alpha and tRNS are dropped from RGB, and kept as stored: tRNS as alpha.
///
/// `image` was measured, and `pixels` has room for all rows. Returns 0 and sets the warnings of `image`, or returns -1 and fills
/// `message`.
int srdist_png_decode(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, void *pixels,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Decodes a JPEG as Pillow does: slow integer DCT, fancy upsampling, CMYK read as Adobe's (inverted).
/// Damaged or missing entropy-coded data is an error, although libjpeg itself only warns.
///
/// See `srdist_png_decode` for the arguments and the result.
int srdist_jpeg_decode(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, void *pixels,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Reads a PNG's ICC profile into `*profile`, memory from malloc that `srdist_image_free` frees. Without a profile, or with one
/// that libpng refuses, `*profile` is NULL, and `message` says why or is empty. Returns 0, or -1 and fills `message`.
int srdist_png_profile(const uint8_t *bytes, size_t count, uint8_t **profile, size_t *profile_count,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Takes encoded bytes. Anything but 0 ends the encoding.
typedef int (*srdist_image_sink)(void *context, const uint8_t *bytes, size_t count);

/// What an encoder writes.
typedef struct {
  size_t width;
  size_t height;
  /// A JPEG has 1 or 3 channels, and samples of 1 byte.
  size_t channels;
  size_t sample_bytes;
  /// Of a JPEG: from 1 to 100.
  int quality;
  /// Of a JPEG: whether the colours have half of the luma's resolution, which is libjpeg's default.
  int halves_colors;
  /// An ICC profile, or NULL.
  const uint8_t *profile;
  size_t profile_count;
  /// Pixels per unit: 0 for a mere ratio, 1 for an inch (JPEG) or a metre (PNG), 2 for a centimetre (JPEG). A `density_x` of 0
  /// stands for nothing.
  int density_unit;
  uint32_t density_x;
  uint32_t density_y;
  /// Chunks for a PNG, which follow the header: for each, 4 letters, a length of one byte, and the data.
  const uint8_t *chunks;
  size_t chunks_count;
} srdist_encoding;

/// A picture that is being encoded.
typedef struct srdist_encoder srdist_encoder;

/// Starts a picture. Returns NULL and fills `message` if that fails. `srdist_encoder_free` frees the encoder. `encoding` and what
/// it points to are needed during the call only.
srdist_encoder *srdist_png_encoder(const srdist_encoding *encoding, srdist_image_sink sink, void *context,
                                   char message[SRDIST_IMAGE_MESSAGE_SIZE]);
srdist_encoder *srdist_jpeg_encoder(const srdist_encoding *encoding, srdist_image_sink sink, void *context,
                                    char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Whether the encoder wrote the profile. libpng refuses some, such as one of RGB in a grey picture.
int srdist_encoder_has_profile(const srdist_encoder *encoder);

/// Appends a row. Samples of 16 bits are in the host's byte order. Returns 0, or -1 and fills `message`; then the encoder can only
/// be freed.
int srdist_encoder_write_row(srdist_encoder *encoder, const void *row, char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Writes the end. Returns as `srdist_encoder_write_row`.
int srdist_encoder_finish(srdist_encoder *encoder, char message[SRDIST_IMAGE_MESSAGE_SIZE]);

void srdist_encoder_free(srdist_encoder *encoder);

/// Frees memory that a function of this header returned. A null pointer is ignored.
void srdist_image_free(void *memory);

#endif
