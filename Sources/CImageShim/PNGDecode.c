#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Image.h"
#include "PNG.h"

void srdist_png_fail(png_structp png, png_const_charp text) {
  snprintf(png_get_error_ptr(png), SRDIST_IMAGE_MESSAGE_SIZE, "%s", text);
  png_longjmp(png, 1);
}

void srdist_png_ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
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
static void choose_transforms(png_structp png, png_infop info) {
  const int color = png_get_color_type(png, info);
  const int depth = png_get_bit_depth(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (depth == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (color == PNG_COLOR_TYPE_GRAY || color == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
}

/// Reads the whole image. An error jumps out of this frame, so everything that must be freed lies outside the frame, in
/// `image` and `rows`.
static int decode(png_structp png, png_infop info, srdist_image *image, png_bytepp *rows, char *message) {
  if (setjmp(png_jmpbuf(png))) return -1;
  png_read_info(png, info);
  const size_t height = png_get_image_height(png, info);
  if (srdist_image_allocate(image, png_get_image_width(png, info), height, 3, message) == NULL) return -1;
  choose_transforms(png, info);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  const size_t stride = image->width * 3;
  if (png_get_rowbytes(png, info) != stride) png_error(png, "the rows have an unexpected length");
  *rows = malloc(height * sizeof(png_bytep));
  if (*rows == NULL) png_error(png, "out of memory");
  for (size_t y = 0; y < height; y++) (*rows)[y] = image->pixels + y * stride;
  png_read_image(png, *rows);
  png_read_end(png, NULL);
  return 0;
}

int srdist_png_decode(const uint8_t *bytes, size_t count, srdist_image *image,
                      char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  byte_source source = {bytes, count};
  image->pixels = NULL;
  snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, message, srdist_png_fail, srdist_png_ignore_warning);
  if (png == NULL) return -1;
  png_infop info = png_create_info_struct(png);
  png_bytepp rows = NULL;
  int status = -1;
  if (info != NULL) {
    png_set_read_fn(png, &source, read_bytes);
    status = decode(png, info, image, &rows, message);
  }
  free(rows);
  png_destroy_read_struct(&png, &info, NULL);
  if (status != 0) {
    free(image->pixels);
    image->pixels = NULL;
  }
  return status;
}
