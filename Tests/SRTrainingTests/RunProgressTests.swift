import Logging
import SRDistributed
import SRKernelDispatch
import SRTestSupport
import SRLosses
import SRTraining
import Testing

/// A run reports progress to its watchdog. Long work reports progress often, so even a small stall timeout is enough.
@Suite struct RunProgressTests {
  /// The number of progress marks in a run of one step on drawn faces.
  private func marks(_ folder: TemporaryFolder, trainImages: Int, validImages: Int) throws -> Int {
    var configuration = TrainingConfiguration()
    configuration.model = .vanilla
    configuration.loss = try LossTerm.parse("mse=1")
    (configuration.syntheticTrain, configuration.syntheticValid) = (trainImages, validImages)
    (configuration.epochs, configuration.batchSize, configuration.threads) = (1, trainImages, 2)
    configuration.samples = 0
    configuration.weightsDir = folder.path
    configuration.output = folder.file("run-\(trainImages)-\(validImages)")
    var run = TrainingRun(
      configuration, communicator: Communicator(), kernels: try CPULevel.selected().kernels,
      logger: Logger(label: "run") { _ in SwiftLogNoOpLogHandler() })
    let activity = RankActivity()
    run.activity = activity
    _ = try run.run()
    return activity.state.marks
  }

  /// Each image is drawn, hashed, measured after plain bicubic upsampling, and validated.
  @Test func everyValidationImageIsMarkedFourTimes() throws {
    let folder = try TemporaryFolder()
    let few = try marks(folder, trainImages: 2, validImages: 3)
    #expect(try marks(folder, trainImages: 2, validImages: 10) == few + 4 * 7)
  }

  /// Each image is drawn and hashed, and its backward pass reports many times that more gradients are final.
  @Test func everyTrainingImageIsMarkedInItsBackwardPass() throws {
    let folder = try TemporaryFolder()
    let few = try marks(folder, trainImages: 2, validImages: 1)
    #expect(try marks(folder, trainImages: 4, validImages: 1) >= few + 2 * (2 + 10))
  }
}
