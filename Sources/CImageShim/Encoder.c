#include "Encoder.h"

int srdist_encoder_has_profile(const srdist_encoder *encoder) { return encoder->has_profile; }

int srdist_encoder_write_row(srdist_encoder *encoder, const void *row, char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return encoder->write_row(encoder, row, message);
}

int srdist_encoder_finish(srdist_encoder *encoder, char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  return encoder->finish(encoder, message);
}

void srdist_encoder_free(srdist_encoder *encoder) {
  if (encoder != NULL) encoder->free(encoder);
}
