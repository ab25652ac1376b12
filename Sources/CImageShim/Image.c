#include "Image.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t *srdist_image_allocate(srdist_image *image, size_t width, size_t height, size_t bytes_per_pixel,
                               char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  image->pixels = NULL;
  if (width == 0 || height == 0 || width > SRDIST_IMAGE_MAX_PIXELS / height) {
    snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "%zu x %zu pixels are out of range (at most %d in all)", width,
             height, SRDIST_IMAGE_MAX_PIXELS);
    return NULL;
  }
  image->width = width;
  image->height = height;
  image->pixels = malloc(width * height * bytes_per_pixel);
  if (image->pixels == NULL) {
    snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory for %zu x %zu pixels", width, height);
  }
  return image->pixels;
}

void srdist_image_free(void *memory) { free(memory); }
