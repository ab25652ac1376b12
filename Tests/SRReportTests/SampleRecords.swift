import SRReport

enum SampleRecords {
  static func step(_ step: Int, epoch: Int) -> StepRecord {
    StepRecord(
      epoch: epoch, step: step, loss: 0.1 + 0.2 / Double(step),
      terms: ["mse": 1.0 / 3.0, "ssim": .leastNormalMagnitude],
      learningRate: 1e-3, imagesPerSecond: 31.25)
  }

  static func epoch(_ epoch: Int, step: Int) -> EpochRecord {
    let x = Double(epoch)
    return EpochRecord(
      epoch: epoch, step: step, trainLoss: 0.2 / x, validLoss: 0.21 / x, trainPSNR: 25 + x / 3,
      validPSNR: 25.1 + x / 3, trainSSIM: 0.7 + x / 100, validSSIM: 0.71 + x / 100, validMSE: 0.003 / x,
      bicubicPSNR: 24.5, bicubicSSIM: 0.69, seconds: 12.5)
  }
}
