import Foundation
import Logging
import SRData
import SRDistributed
import SRKernels
import SRReport

/// A quick run that checks gradients against finite differences, and watches every layer's values, times and sizes.
package struct DebugRun {
  /// The numbers of training pairs and of validation pairs.
  static let (trainCount, validCount) = (32, 8)
  static let checkedTensors = 12

  private let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let kernels: any KernelSet
  private let logger: Logger
  package var onStep: (TrainingProgress) -> Void = { _ in }
  /// What this rank is doing, for the watchdog.
  package var activity = RankActivity()

  /// Uses the run's settings, but trains two epochs on a few images, from the start, in a separate folder.
  package init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet, logger: Logger
  ) {
    var configuration = configuration
    configuration.epochs = 2
    configuration.resume = .never
    let stamp = ISO8601DateFormatter.string(
      from: Date(), timeZone: .gmt, formatOptions: [.withYear, .withMonth, .withDay, .withTime])
    configuration.output += "-debug-\(stamp)"
    self.configuration = configuration
    self.communicator = communicator
    self.kernels = kernels
    self.logger = logger
  }

  /// Runs the checks and the two epochs. Collective.
  ///
  /// Throws ``RunError`` if a gradient disagrees with its finite difference, ``NotFiniteError``, and what training throws.
  package func run() throws -> RunOutcome {
    let logger = logger
    try communicator.together(starting: activity) { if communicator.rank == 0 { try checkGradients() } }
    let profile = LayerProfile { layer in
      logger.critical("not finite: \(layer)")
    }
    var run = TrainingRun(configuration, communicator: communicator, kernels: kernels, logger: logger)
    run.onStep = onStep
    run.activity = activity
    run.observer = profile
    run.imageLimit = (Self.trainCount, Self.validCount)
    let outcome = try run.run()
    logger.info("rank 0, per image and layer:")
    for line in profile.table.lines { logger.info("\(line)") }
    logger.info("peak memory of rank 0: \(Self.peakMegabytes) MiB; run folder \(configuration.output)")
    return outcome
  }

  private func checkGradients() throws {
    let data = try RunData(configuration).load(progress: activity.mark).limited(
      train: Self.trainCount, valid: Self.validCount)
    var alone = configuration
    alone.threads = 1
    let context = try RunContext(
      alone, communicator: Communicator(), kernels: kernels, data: data, activity: activity)
    defer { context.pool.close() }
    let rows = try GradientCheck(context, sample: 0).rows(
      count: Self.checkedTensors, seed: configuration.seed)
    for row in rows {
      let text = String(
        format: "%.6g by backward pass, %.6g by finite differences, %.2f %% apart", row.gradient,
        row.finiteDifference, 100 * row.relativeError)
      logger.info("gradient of \(row.parameter): \(text)")
    }
    let bad = rows.filter { !$0.isGood }.map(\.parameter)
    guard bad.isEmpty else {
      throw RunError("gradients disagree with finite differences: \(bad.joined(separator: ", "))")
    }
  }

  /// The process's largest resident size.
  private static var peakMegabytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0) / 1024
  }
}
