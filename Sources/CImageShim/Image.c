#include "Image.h"

#include <stdio.h>
#include <stdlib.h>

int srdist_image_measured(srdist_image *image, size_t width, size_t height, size_t working_bytes,
                          char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  if (width == 0 || height == 0 || width > SRDIST_IMAGE_MAX_PIXELS / height) {
    snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "%zu x %zu pixels are out of range (at most %d in all)", width,
             height, SRDIST_IMAGE_MAX_PIXELS);
    return -1;
  }
  image->width = width;
  image->height = height;
  image->working_bytes = working_bytes;
  return 0;
}

int srdist_image_is_as_measured(const srdist_image *image, const srdist_image *measured,
                                char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  if (image->width == measured->width && image->height == measured->height &&
      image->channels == measured->channels && image->sample_bytes == measured->sample_bytes &&
      image->working_bytes == measured->working_bytes) {
    return 1;
  }
  snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "the file changed while it was read");
  return 0;
}

void srdist_image_warn(srdist_image *image, const char *text) {
  if (image->warnings++ == 0) snprintf(image->warning, sizeof image->warning, "%s", text);
}

void srdist_image_free(void *memory) { free(memory); }
