#include <stdlib.h>
#include <string.h>

#include "Encoder.h"
#include "JPEG.h"

#include <jerror.h>

enum { BUFFER_BYTES = 1 << 16 };

typedef struct {
  srdist_encoder base;
  struct jpeg_compress_struct codec;
  srdist_jpeg_report report;
  struct jpeg_destination_mgr destination;
  uint8_t buffer[BUFFER_BYTES];
} jpeg_encoder;

static void write_bytes(j_compress_ptr codec, size_t count) {
  jpeg_encoder *encoder = codec->client_data;
  if (count > 0 && encoder->base.sink(encoder->base.context, encoder->buffer, count) != 0) {
    snprintf(encoder->report.message, SRDIST_IMAGE_MESSAGE_SIZE, SRDIST_SINK_FAILED);
    longjmp(encoder->report.escape, 1);
  }
  encoder->destination.next_output_byte = encoder->buffer;
  encoder->destination.free_in_buffer = BUFFER_BYTES;
}

static void init_destination(j_compress_ptr codec) { write_bytes(codec, 0); }

/// libjpeg asks for the whole buffer to be written, whatever is free in it.
static boolean empty_buffer(j_compress_ptr codec) {
  write_bytes(codec, BUFFER_BYTES);
  return TRUE;
}

static void end_destination(j_compress_ptr codec) {
  write_bytes(codec, BUFFER_BYTES - codec->dest->free_in_buffer);
}

/// An encoder's warnings concern nothing that is written.
static void ignore(j_common_ptr codec, int level) {
  (void)codec;
  (void)level;
}

static void free_encoder(srdist_encoder *base) {
  jpeg_encoder *encoder = (jpeg_encoder *)base;
  jpeg_destroy_compress(&encoder->codec);
  free(encoder);
}

/// Each call that may fail has a place of its own to jump back to.
static int write_row(srdist_encoder *base, const void *row, char *message) {
  jpeg_encoder *encoder = (jpeg_encoder *)base;
  encoder->report.message = message;
  if (setjmp(encoder->report.escape)) return -1;
  // libjpeg does not write to the row.
  JSAMPROW rows[1] = {(JSAMPROW)row};
  jpeg_write_scanlines(&encoder->codec, rows, 1);
  return 0;
}

static int finish(srdist_encoder *base, char *message) {
  jpeg_encoder *encoder = (jpeg_encoder *)base;
  encoder->report.message = message;
  if (setjmp(encoder->report.escape)) return -1;
  jpeg_finish_compress(&encoder->codec);
  return 0;
}

static int begin(jpeg_encoder *encoder, const srdist_encoding *encoding) {
  const j_compress_ptr codec = &encoder->codec;
  if (setjmp(encoder->report.escape)) return -1;
  jpeg_create_compress(codec);
  codec->client_data = encoder;
  encoder->destination.init_destination = init_destination;
  encoder->destination.empty_output_buffer = empty_buffer;
  encoder->destination.term_destination = end_destination;
  codec->dest = &encoder->destination;
  if (encoding->width > JPEG_MAX_DIMENSION || encoding->height > JPEG_MAX_DIMENSION) {
    ERREXIT1(codec, JERR_IMAGE_TOO_BIG, (unsigned int)JPEG_MAX_DIMENSION);
  }
  codec->image_width = (JDIMENSION)encoding->width;
  codec->image_height = (JDIMENSION)encoding->height;
  codec->input_components = (int)encoding->channels;
  codec->in_color_space = encoding->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(codec);
  jpeg_set_quality(codec, encoding->quality, TRUE);
  if (!encoding->halves_colors) {
    // The luma has the chroma's resolution.
    codec->comp_info[0].h_samp_factor = 1;
    codec->comp_info[0].v_samp_factor = 1;
  }
  if (encoding->density_x > 0) {
    codec->density_unit = (UINT8)encoding->density_unit;
    codec->X_density = (UINT16)encoding->density_x;
    codec->Y_density = (UINT16)encoding->density_y;
  }
  jpeg_start_compress(codec, TRUE);
  if (encoding->profile != NULL) {
    jpeg_write_icc_profile(codec, encoding->profile, (unsigned int)encoding->profile_count);
    encoder->base.has_profile = 1;
  }
  return 0;
}

srdist_encoder *srdist_jpeg_encoder(const srdist_encoding *encoding, srdist_image_sink sink, void *context,
                                    char message[SRDIST_IMAGE_MESSAGE_SIZE]) {
  jpeg_encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) {
    snprintf(message, SRDIST_IMAGE_MESSAGE_SIZE, "out of memory");
    return NULL;
  }
  encoder->base = (srdist_encoder){
      .write_row = write_row, .finish = finish, .free = free_encoder, .sink = sink, .context = context};
  encoder->report.message = message;
  encoder->codec.err = jpeg_std_error(&encoder->report.manager);
  encoder->report.manager.error_exit = srdist_jpeg_fail;
  encoder->report.manager.emit_message = ignore;
  if (begin(encoder, encoding) == 0) return &encoder->base;
  free_encoder(&encoder->base);
  return NULL;
}
