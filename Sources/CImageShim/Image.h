// What the decoders share.

#ifndef SRDIST_IMAGE_H
#define SRDIST_IMAGE_H

#include "CImageShim.h"

/// Larger images are refused before memory is allocated: a header of 30 bytes can claim any size.
#define SRDIST_IMAGE_MAX_PIXELS (1 << 28)

/// Sets the image's size and allocates its pixels. If that fails, returns NULL and fills `message`.
uint8_t *srdist_image_allocate(srdist_image *image, size_t width, size_t height, size_t bytes_per_pixel,
                               char message[SRDIST_IMAGE_MESSAGE_SIZE]);

#endif
