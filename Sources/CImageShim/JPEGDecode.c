#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "Image.h"

/// libjpeg's error manager, and where an error jumps to. libjpeg passes the first member to its callbacks.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
  char *message;
} error_handler;

static void fail(j_common_ptr codec) {
  error_handler *handler = (error_handler *)codec->err;
  char text[JMSG_LENGTH_MAX];
  handler->manager.format_message(codec, text);
  snprintf(handler->message, SRDIST_IMAGE_MESSAGE_SIZE, "%s", text);
  longjmp(handler->escape, 1);
}

/// Level -1 is a warning. Warnings that leave every pixel as it was written are ignored. After any other warning, libjpeg
/// continues with invented pixels. Such pixels must not get into training data, so these warnings are errors here.
static void warn(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
      return;
    default:
      fail(codec);
  }
}

/// a * b / 255, rounded, as Pillow computes it.
static uint8_t multiply255(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return (uint8_t)(((product >> 8) + product) >> 8);
}

/// One row of inverted CMYK (what Adobe's programs store) to RGB, as Pillow does it.
static void convert_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t width) {
  for (size_t x = 0; x < width; x++) {
    const unsigned white = cmyk[4 * x + 3];
    for (size_t c = 0; c < 3; c++) {
      rgb[3 * x + c] = (uint8_t)(white - multiply255(255u - cmyk[4 * x + c], white));
    }
  }
}

/// Reads the whole image. An error jumps out of this frame, so everything that must be freed lies outside the frame, in
/// `image` and `row`.
static int decode(struct jpeg_decompress_struct *codec, error_handler *handler, const uint8_t *bytes,
                  size_t count, srdist_image *image, uint8_t **row) {
  if (setjmp(handler->escape)) return -1;
  jpeg_create_decompress(codec);
  jpeg_mem_src(codec, bytes, count);
  jpeg_read_header(codec, TRUE);
  const int is_cmyk = codec->num_components == 4;
  codec->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  if (srdist_image_allocate(image, codec->image_width, codec->image_height, 3, handler->message) == NULL) {
    return -1;
  }
  jpeg_start_decompress(codec);
  if (is_cmyk && (*row = malloc(image->width * 4)) == NULL) {
    snprintf(handler->message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
    return -1;
  }
  while (codec->output_scanline < codec->output_height) {
    uint8_t *destination = image->pixels + (size_t)codec->output_scanline * image->width * 3;
    JSAMPROW target = is_cmyk ? *row : destination;
    jpeg_read_scanlines(codec, &target, 1);
    if (is_cmyk) convert_cmyk(*row, destination, image->width);
  }
  jpeg_finish_decompress(codec);
  return 0;
}

int srdist_jpeg_decode(const uint8_t *bytes, size_t count, srdist_image *image,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  struct jpeg_decompress_struct codec;
  memset(&codec, 0, sizeof codec);
  error_handler handler;
  codec.err = jpeg_std_error(&handler.manager);
  handler.manager.error_exit = fail;
  handler.manager.emit_message = warn;
  handler.message = message;
  uint8_t *row = NULL;
  image->pixels = NULL;
  const int status = decode(&codec, &handler, bytes, count, image, &row);
  free(row);
  jpeg_destroy_decompress(&codec);
  if (status != 0) {
    free(image->pixels);
    image->pixels = NULL;
  }
  return status;
}
