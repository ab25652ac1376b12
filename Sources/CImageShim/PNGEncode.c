#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Encoder.h"
#include "PNG.h"

typedef struct {
  srdist_encoder base;
  png_structp png;
  png_infop info;
  srdist_png_report report;
} png_encoder;

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  png_encoder *encoder = png_get_io_ptr(png);
  if (encoder->base.sink(encoder->base.context, bytes, count) != 0) png_error(png, SRDIST_SINK_FAILED);
}

static void flush(png_structp png) { (void)png; }

static void free_encoder(srdist_encoder *base) {
  png_encoder *encoder = (png_encoder *)base;
  png_destroy_write_struct(&encoder->png, &encoder->info);
  free(encoder);
}

/// Each call that may fail has a place of its own to jump back to.
static int write_row(srdist_encoder *base, const void *row, char *message) {
  png_encoder *encoder = (png_encoder *)base;
  encoder->report.message = message;
  if (setjmp(png_jmpbuf(encoder->png))) return -1;
  png_write_row(encoder->png, row);
  return 0;
}

static int finish(srdist_encoder *base, char *message) {
  png_encoder *encoder = (png_encoder *)base;
  encoder->report.message = message;
  if (setjmp(png_jmpbuf(encoder->png))) return -1;
  png_write_end(encoder->png, NULL);
  return 0;
}

static int color_type(size_t channels) {
  switch (channels) {
    case 1: return PNG_COLOR_TYPE_GRAY;
    case 2: return PNG_COLOR_TYPE_GRAY_ALPHA;
    case 3: return PNG_COLOR_TYPE_RGB;
    default: return PNG_COLOR_TYPE_RGB_ALPHA;
  }
}

static int begin(png_encoder *encoder, const srdist_encoding *encoding) {
  const png_structp png = encoder->png;
  const png_infop info = encoder->info;
  if (setjmp(png_jmpbuf(png))) return -1;
  // Faults of a profile are warnings.
  png_set_benign_errors(png, 1);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  if (encoding->width > PNG_UINT_31_MAX || encoding->height > PNG_UINT_31_MAX) png_error(png, "it is too large");
  png_set_IHDR(png, info, (png_uint_32)encoding->width, (png_uint_32)encoding->height, 8 * (int)encoding->sample_bytes,
               color_type(encoding->channels), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (encoding->profile != NULL) {
    png_set_iCCP(png, info, "icc", PNG_COMPRESSION_TYPE_BASE, encoding->profile, (png_uint_32)encoding->profile_count);
    encoder->base.has_profile = png_get_valid(png, info, PNG_INFO_iCCP) != 0;
  }
  if (encoding->density_x > 0) {
    png_set_pHYs(png, info, encoding->density_x, encoding->density_y,
                 encoding->density_unit == 0 ? PNG_RESOLUTION_UNKNOWN : PNG_RESOLUTION_METER);
  }
  png_write_info(png, info);
  for (size_t start = 0; start + 5 <= encoding->chunks_count;) {
    const uint8_t *chunk = encoding->chunks + start;
    png_write_chunk(png, chunk, chunk + 5, chunk[4]);
    start += 5 + chunk[4];
  }
  const uint16_t one = 1;
  if (encoding->sample_bytes == 2 && *(const uint8_t *)&one == 1) png_set_swap(png);
  return 0;
}

srdist_encoder *srdist_png_encoder(const srdist_encoding *encoding, srdist_image_sink sink, void *context,
                                   char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
  png_encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) return NULL;
  encoder->base = (srdist_encoder){
      .write_row = write_row, .finish = finish, .free = free_encoder, .sink = sink, .context = context};
  encoder->report = (srdist_png_report){message, NULL};
  encoder->png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder->report, srdist_png_fail, srdist_png_warn);
  encoder->info = encoder->png == NULL ? NULL : png_create_info_struct(encoder->png);
  if (encoder->info != NULL) {
    png_set_write_fn(encoder->png, encoder, write_bytes, flush);
    if (begin(encoder, encoding) == 0) return &encoder->base;
  }
  free_encoder(&encoder->base);
  return NULL;
}
