// What the decoders share.

#ifndef SRDIST_IMAGE_H
#define SRDIST_IMAGE_H

#include "CImageShim.h"

/// Sets what is known of a picture from its header. Returns 0, or returns -1 and fills `message` if no picture may have that
/// size.
int srdist_image_measured(srdist_image *image, size_t width, size_t height, size_t working_bytes,
                          char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Whether a picture that is about to be decoded is still the one that was measured. The file may have changed meanwhile. If
/// not, fills `message`.
int srdist_image_is_as_measured(const srdist_image *image, const srdist_image *measured,
                                char message[SRDIST_IMAGE_MESSAGE_SIZE]);

/// Counts a warning, and keeps the text of the first.
void srdist_image_warn(srdist_image *image, const char *text);

#endif
