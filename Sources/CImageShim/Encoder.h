// What the encoders share.

#ifndef SRDIST_ENCODER_H
#define SRDIST_ENCODER_H

#include "CImageShim.h"

/// The first member of each encoder.
struct srdist_encoder {
  int (*write_row)(srdist_encoder *encoder, const void *row, char *message);
  int (*finish)(srdist_encoder *encoder, char *message);
  void (*free)(srdist_encoder *encoder);
  int has_profile;
  srdist_image_sink sink;
  void *context;
};

/// The message of an encoder whose sink ended it. The sink knows the reason.
#define SRDIST_SINK_FAILED "the encoded bytes cannot be written"

#endif
