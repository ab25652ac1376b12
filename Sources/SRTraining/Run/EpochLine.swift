import Foundation
import SRReport

/// An epoch in one line of the log.
struct EpochLine: CustomStringConvertible {
  let description: String

  init(_ record: EpochRecord, epochs: Int, isBest: Bool) {
    let gain = record.validPSNR - record.bicubicPSNR
    description =
      String(
        format:
          "epoch %d/%d: loss %.5f train, %.5f valid; PSNR %.2f dB train, %.2f valid (%+.2f over bicubic); "
          + "SSIM %.4f train, %.4f valid (bicubic %.4f); %.1f s",
        record.epoch, epochs, record.trainLoss, record.validLoss, record.trainPSNR, record.validPSNR, gain,
        record.trainSSIM, record.validSSIM, record.bicubicSSIM, record.seconds)
      + (isBest ? "; best so far" : "")
  }
}
