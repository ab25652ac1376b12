#include "JPEG.h"

void srdist_jpeg_fail(j_common_ptr codec) {
  srdist_jpeg_report *report = (srdist_jpeg_report *)codec->err;
  char text[JMSG_LENGTH_MAX];
  report->manager.format_message(codec, text);
  snprintf(report->message, SRDIST_IMAGE_MESSAGE_SIZE, "%s", text);
  longjmp(report->escape, 1);
}
