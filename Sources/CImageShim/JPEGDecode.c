#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "JPEG.h"

#include <jerror.h>

/// Level -1 is a warning. A warning that leaves every pixel as it was written is counted. After any other warning, libjpeg
/// continues with invented pixels. Such pixels must not get into training data, so these warnings are errors here.
static void warn(j_common_ptr codec, int level) {
  if (level >= 0) return;
  srdist_jpeg_report *handler = (srdist_jpeg_report *)codec->err;
  char text[JMSG_LENGTH_MAX];
  switch (codec->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      handler->manager.format_message(codec, text);
      srdist_image_warn(handler->image, text);
      return;
    default:
      srdist_jpeg_fail(codec);
  }
}

/// libjpeg's progress callback, called for each row of blocks. Ends a file of too many scans.
static void limit_scans(j_common_ptr common) {
  const j_decompress_ptr codec = (j_decompress_ptr)common;
  const size_t pixels = (size_t)codec->image_width * codec->image_height;
  const size_t fitting = SRDIST_JPEG_MAX_SCANNED_PIXELS / pixels;
  const int limit = fitting < SRDIST_JPEG_MAX_SCANS ? (int)fitting : SRDIST_JPEG_MAX_SCANS;
  if (codec->input_scan_number <= limit) return;
  srdist_jpeg_report *handler = (srdist_jpeg_report *)codec->err;
  snprintf(handler->message, SRDIST_IMAGE_MESSAGE_SIZE,
           "it has more than %d scans, which is the limit for %u x %u pixels; encoders write about ten", limit,
           codec->image_width, codec->image_height);
  longjmp(handler->escape, 1);
}

/// The memory of the decoder: some rows and, if there are several scans, the coefficients of the whole picture.
static size_t working_bytes(j_decompress_ptr codec) {
  size_t bytes = (1 << 18) + 128 * (size_t)codec->image_width;
  if (!jpeg_has_multiple_scans(codec)) return bytes;
  for (int i = 0; i < codec->num_components; i++) {
    const jpeg_component_info *component = &codec->comp_info[i];
    // Rounded up to whole groups of blocks, as libjpeg does it.
    const size_t columns = component->width_in_blocks + (size_t)component->h_samp_factor - 1;
    const size_t rows = component->height_in_blocks + (size_t)component->v_samp_factor - 1;
    bytes += columns * rows * sizeof(JBLOCK);
  }
  return bytes;
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

/// Reads the header and, if `pixels` is not NULL, the whole image. An error jumps out of this frame, so what must be freed
/// lies outside the frame, in `row`.
static int decode(struct jpeg_decompress_struct *codec, srdist_jpeg_report *handler, const uint8_t *bytes,
                  size_t count, srdist_image *image, srdist_samples samples, uint8_t *pixels, uint8_t **row) {
  if (setjmp(handler->escape)) return -1;
  jpeg_create_decompress(codec);
  jpeg_mem_src(codec, bytes, count);
  jpeg_read_header(codec, TRUE);
  srdist_image found = {0};
  if (srdist_image_measured(&found, codec->image_width, codec->image_height, working_bytes(codec),
                            handler->message) != 0) {
    return -1;
  }
  found.channels = codec->num_components == 1 ? 1 : 3;
  found.sample_bytes = 1;
  if (pixels == NULL) {
    srdist_image_measured(image, found.width, found.height, found.working_bytes, handler->message);
    image->channels = found.channels;
    image->sample_bytes = found.sample_bytes;
    return 0;
  }
  if (!srdist_image_is_as_measured(&found, image, handler->message)) return -1;

  const int is_cmyk = codec->num_components == 4;
  const size_t channels = samples == SRDIST_AS_STORED ? found.channels : 3;
  codec->out_color_space = is_cmyk ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  // The rows' buffers count too, so there is some room to spare.
  codec->mem->max_memory_to_use = (long)(2 * image->working_bytes);
  handler->progress.progress_monitor = limit_scans;
  codec->progress = &handler->progress;
  jpeg_start_decompress(codec);
  if (is_cmyk && (*row = malloc(image->width * 4)) == NULL) {
    snprintf(handler->message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
    return -1;
  }
  while (codec->output_scanline < codec->output_height) {
    uint8_t *destination = pixels + (size_t)codec->output_scanline * image->width * channels;
    JSAMPROW target = is_cmyk ? *row : destination;
    jpeg_read_scanlines(codec, &target, 1);
    if (is_cmyk) convert_cmyk(*row, destination, image->width);
  }
  jpeg_finish_decompress(codec);
  return 0;
}

/// Measures the picture if `pixels` is NULL, and decodes it otherwise.
static int read_jpeg(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, uint8_t *pixels,
                     char *message) {
  struct jpeg_decompress_struct codec;
  memset(&codec, 0, sizeof codec);
  srdist_jpeg_report handler;
  memset(&handler, 0, sizeof handler);
  codec.err = jpeg_std_error(&handler.manager);
  handler.manager.error_exit = srdist_jpeg_fail;
  handler.manager.emit_message = warn;
  handler.message = message;
  handler.image = image;
  image->warnings = 0;
  uint8_t *row = NULL;
  const int status = decode(&codec, &handler, bytes, count, image, samples, pixels, &row);
  free(row);
  jpeg_destroy_decompress(&codec);
  return status;
}

int srdist_jpeg_measure(const uint8_t *bytes, size_t count, srdist_image *image,
                        char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return read_jpeg(bytes, count, image, SRDIST_RGB8, NULL, message);
}

int srdist_jpeg_decode(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, void *pixels,
                       char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return read_jpeg(bytes, count, image, samples, pixels, message);
}
