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
      epoch: epoch, step: step, trainLoss: 0.2 / x, validLoss: 0.21 / x, seconds: 12.5,
      train: ["psnr": 25 + x / 3, "ssim": 0.7 + x / 100],
      valid: ["psnr": 25.1 + x / 3, "ssim": 0.71 + x / 100, "mse": 0.003 / x],
      bicubic: ["psnr": 24.5, "ssim": 0.69])
  }
}
