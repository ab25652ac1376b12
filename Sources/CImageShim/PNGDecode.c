#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "PNG.h"

void srdist_png_fail(png_structp png, png_const_charp text) {
  const srdist_png_report *report = png_get_error_ptr(png);
  snprintf(report->message, SRDIST_IMAGE_MESSAGE_SIZE, "%s", text);
  png_longjmp(png, 1);
}

void srdist_png_warn(png_structp png, png_const_charp text) {
  const srdist_png_report *report = png_get_error_ptr(png);
  if (report->image != NULL) srdist_image_warn(report->image, text);
}

/// The part of the file in memory that is not read yet.
typedef struct {
  const uint8_t *next;
  size_t left;
} byte_source;

static void read_bytes(png_structp png, png_bytep destination, size_t count) {
  byte_source *source = png_get_io_ptr(png);
  if (count > source->left) png_error(png, "the file ends early");
  memcpy(destination, source->next, count);
  source->next += count;
  source->left -= count;
}

/// Requests from libpng 8-bit RGB. Of 16 bits, grey or colour, the high byte is kept.
static void choose_rgb8(png_structp png, png_infop info) {
  const int color = png_get_color_type(png, info);
  const int depth = png_get_bit_depth(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (depth == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (color == PNG_COLOR_TYPE_GRAY || color == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
}

/// Requests from libpng whole bytes, and alpha in place of tRNS.
static void choose_stored(png_structp png) {
  // Palettes become RGB, greys of fewer bits become bytes, and tRNS becomes alpha.
  png_set_expand(png);
  const uint16_t one = 1;
  if (*(const uint8_t *)&one == 1) png_set_swap(png);
}

/// A picture's header is read, and nothing of what lies between the header and the pixels is kept. Text and profiles change
/// no pixel, and a few bytes of compressed text can fill all memory.
static void read_header(png_structp png, png_infop info) {
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  // This limits what libpng keeps, which is nothing. Only a warning about large chunks is left of it.
  png_set_chunk_malloc_max(png, 0);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  // Otherwise hardly any changed file gets past its checksums.
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
#endif
  png_read_info(png, info);
}

/// Fills `image` from the header. The decoder's memory is two rows of up to 8 bytes a pixel, with room for filters, and zlib's
/// window.
static int measure(png_structp png, png_infop info, srdist_image *image, char *message) {
  const size_t width = png_get_image_width(png, info);
  const int color = png_get_color_type(png, info);
  const int has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  image->channels = ((color & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1) + (has_alpha ? 1 : 0);
  image->sample_bytes = png_get_bit_depth(png, info) == 16 ? 2 : 1;
  return srdist_image_measured(image, width, png_get_image_height(png, info), 32 * width + (1 << 18), message);
}

/// Reads the header and, if `pixels` is not NULL, the whole image. An error jumps out of this frame, so nothing that must be
/// freed belongs to the frame.
static int decode(png_structp png, png_infop info, srdist_image *image, srdist_samples samples, uint8_t *pixels,
                  char *message) {
  if (setjmp(png_jmpbuf(png))) return -1;
  read_header(png, info);
  if (pixels == NULL) return measure(png, info, image, message);

  srdist_image found = {0};
  if (measure(png, info, &found, message) != 0 || !srdist_image_is_as_measured(&found, image, message)) return -1;
  const int as_stored = samples == SRDIST_AS_STORED;
  if (as_stored) {
    choose_stored(png);
  } else {
    choose_rgb8(png, info);
  }
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t stride = image->width * (as_stored ? image->channels * image->sample_bytes : 3);
  if (png_get_rowbytes(png, info) != stride) png_error(png, "the rows have an unexpected length");
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < image->height; y++) png_read_row(png, pixels + y * stride, NULL);
  }
  png_read_end(png, NULL);
  return 0;
}

/// Reads the profile alone. See `decode` about errors.
static int read_profile(png_structp png, png_infop info, uint8_t **profile, size_t *profile_count) {
  if (setjmp(png_jmpbuf(png))) return -1;
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "iCCP", 1);
  png_set_chunk_malloc_max(png, SRDIST_PROFILE_MAX_BYTES);
  png_read_info(png, info);
  png_charp name = NULL;
  int method = 0;
  png_bytep data = NULL;
  png_uint_32 count = 0;
  if (png_get_iCCP(png, info, &name, &method, &data, &count) == 0 || count == 0) return 0;
  uint8_t *copy = malloc(count);
  if (copy == NULL) png_error(png, "out of memory");
  memcpy(copy, data, count);
  *profile = copy;
  *profile_count = count;
  return 0;
}

/// What one of the functions below does with a file whose header is not read yet.
typedef struct {
  /// NULL to measure.
  uint8_t *pixels;
  srdist_samples samples;
  /// NULL for no profile.
  uint8_t **profile;
  size_t *profile_count;
} png_task;

static int read_png(const uint8_t *bytes, size_t count, srdist_image *image, png_task task, char *message) {
  byte_source source = {bytes, count};
  srdist_png_report report = {message, image};
  image->warnings = 0;
  snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &report, srdist_png_fail, srdist_png_warn);
  if (png == NULL) return -1;
  png_infop info = png_create_info_struct(png);
  int status = -1;
  if (info != NULL) {
    png_set_read_fn(png, &source, read_bytes);
    status = task.profile != NULL ? read_profile(png, info, task.profile, task.profile_count)
                                  : decode(png, info, image, task.samples, task.pixels, message);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return status;
}

int srdist_png_measure(const uint8_t *bytes, size_t count, srdist_image *image,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return read_png(bytes, count, image, (png_task){.pixels = NULL}, message);
}

int srdist_png_decode(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, void *pixels,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return read_png(bytes, count, image, (png_task){.pixels = pixels, .samples = samples}, message);
}

int srdist_png_profile(const uint8_t *bytes, size_t count, uint8_t **profile, size_t *profile_count,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  srdist_image image = {0};
  *profile = NULL;
  *profile_count = 0;
  const int status =
      read_png(bytes, count, &image, (png_task){.profile = profile, .profile_count = profile_count}, message);
  if (status == 0) snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "%s", image.warnings > 0 ? image.warning : "");
  return status;
}
