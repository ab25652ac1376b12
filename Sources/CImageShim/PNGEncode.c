#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "PNG.h"

/// A growing block of memory.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} byte_sink;

static void write_bytes(png_structp png, png_bytep source, size_t count) {
  byte_sink *sink = png_get_io_ptr(png);
  if (sink->capacity - sink->count < count) {
    const size_t capacity = 2 * (sink->capacity + count);
    uint8_t *bytes = realloc(sink->bytes, capacity);
    if (bytes == NULL) png_error(png, "out of memory");
    sink->bytes = bytes;
    sink->capacity = capacity;
  }
  memcpy(sink->bytes + sink->count, source, count);
  sink->count += count;
}

static void flush(png_structp png) { (void)png; }

static int encode(png_structp png, png_infop info, const uint8_t *pixels, size_t width, size_t height) {
  if (setjmp(png_jmpbuf(png))) return -1;
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (size_t y = 0; y < height; y++) png_write_row(png, pixels + y * width * 3);
  png_write_end(png, NULL);
  return 0;
}

int srdist_png_encode(const uint8_t *pixels, size_t width, size_t height, uint8_t **bytes, size_t *count,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  byte_sink sink = {NULL, 0, 0};
  srdist_png_report report = {message, NULL};
  snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &report, srdist_png_fail, srdist_png_warn);
  if (png == NULL) return -1;
  png_infop info = png_create_info_struct(png);
  int status = -1;
  if (info != NULL) {
    png_set_write_fn(png, &sink, write_bytes, flush);
    status = encode(png, info, pixels, width, height);
  }
  png_destroy_write_struct(&png, &info);
  if (status != 0) {
    free(sink.bytes);
    return status;
  }
  *bytes = sink.bytes;
  *count = sink.count;
  return 0;
}
