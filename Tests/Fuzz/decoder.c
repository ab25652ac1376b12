// libFuzzer's entry for one of the shim's decoders. DECODER is srdist_png or srdist_jpeg.
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

/// Decodes into memory filled with `fill`; NULL if the decoder refuses the file.
static uint8_t *decode(const uint8_t *bytes, size_t count, srdist_image *image, uint8_t fill) {
  char message[SRDIST_IMAGE_MESSAGE_SIZE] = "";
  const size_t size = image->width * image->height * 3;
  uint8_t *pixels = malloc(size + GUARD);
  memset(pixels, fill, size + GUARD);
  const int status = JOIN(DECODER, _decode)(bytes, count, image, pixels, message);
  for (size_t i = 0; i < GUARD; i++) demand(pixels[size + i] == fill, "written behind the pixels");
  if (status == 0) return pixels;
  demand(message[0] != 0 && memchr(message, 0, sizeof message) != NULL, "an error without a text");
  free(pixels);
  return NULL;
}

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
  uint8_t *first = decode(bytes, count, &image, 0x00);
  uint8_t *second = decode(bytes, count, &image, 0xFF);
  demand((first == NULL) == (second == NULL), "decoded only once");
  if (first != NULL) {
    const size_t size = image.width * image.height * 3;
    demand(memcmp(first, second, size) == 0, "pixels that the decoder did not write");
  }
  free(first);
  free(second);
  return 0;
}
