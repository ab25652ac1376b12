// libFuzzer's entry for one of the shim's decoders. DECODER is srdist_png or srdist_jpeg. HAS_PROFILE is defined for PNG.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CImageShim.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

/// So many bytes behind the pixels must stay as they are. The codec libraries are not compiled with the sanitizers.
#define GUARD 256

static void demand(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

/// Bytes of the decoded picture.
static size_t pixel_bytes(const srdist_image *image, srdist_samples samples) {
  const size_t bytes = samples == SRDIST_RGB8 ? 3 : image->channels * image->sample_bytes;
  return image->width * image->height * bytes;
}

/// Decodes into memory filled with `fill`; NULL if the decoder refuses the file.
static uint8_t *decode(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples, uint8_t fill) {
  char message[SRDIST_IMAGE_MESSAGE_SIZE] = "";
  const size_t size = pixel_bytes(image, samples);
  uint8_t *pixels = malloc(size + GUARD);
  memset(pixels, fill, size + GUARD);
  const int status = JOIN(DECODER, _decode)(bytes, count, image, samples, pixels, message);
  for (size_t i = 0; i < GUARD; i++) demand(pixels[size + i] == fill, "written behind the pixels");
  if (status == 0) return pixels;
  demand(message[0] != 0 && memchr(message, 0, sizeof message) != NULL, "an error without a text");
  free(pixels);
  return NULL;
}

/// Decodes twice. The decoder writes each byte, or refuses the file.
static void decode_as(const uint8_t *bytes, size_t count, srdist_image *image, srdist_samples samples) {
  uint8_t *first = decode(bytes, count, image, samples, 0x00);
  uint8_t *second = decode(bytes, count, image, samples, 0xFF);
  demand((first == NULL) == (second == NULL), "decoded only once");
  if (first != NULL) {
    demand(memcmp(first, second, pixel_bytes(image, samples)) == 0, "pixels that the decoder did not write");
  }
  free(first);
  free(second);
}

#ifdef HAS_PROFILE
/// Reads the profile. There is one, or none, or an error with a text.
static void read_profile(const uint8_t *bytes, size_t count) {
  char message[SRDIST_IMAGE_MESSAGE_SIZE] = "";
  uint8_t *profile = NULL;
  size_t profile_count = 0;
  const int status = JOIN(DECODER, _profile)(bytes, count, &profile, &profile_count, message);
  demand(status == 0 || message[0] != 0, "an error without a text");
  demand(profile == NULL || (status == 0 && profile_count <= SRDIST_PROFILE_MAX_BYTES), "a profile beyond its limit");
  srdist_image_free(profile);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  srdist_image image;
  char message[SRDIST_IMAGE_MESSAGE_SIZE] = "";
  memset(&image, 0, sizeof image);
  if (JOIN(DECODER, _measure)(bytes, count, &image, message) != 0) {
    demand(message[0] != 0 && memchr(message, 0, sizeof message) != NULL, "an error without a text");
    return 0;
  }
  const size_t most = 1 << 14;  // Larger pictures are slow, and show nothing more.
  if (image.width * image.height > most || image.working_bytes > (1 << 23)) return 0;
#ifdef HAS_PROFILE
  read_profile(bytes, count);
#endif
  decode_as(bytes, count, &image, SRDIST_RGB8);
  decode_as(bytes, count, &image, SRDIST_AS_STORED);
  return 0;
}
