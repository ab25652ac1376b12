/// What a report shows of one run. What a run does not have is nil or empty, and then ``remarks`` say so if readers may miss it.
package struct ReportedRun: Sendable {
  /// A line of a table of facts or settings.
  package struct Fact: Equatable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The best epoch so far, and the metric that it was chosen by.
  package struct Best: Equatable, Sendable {
    package let epoch: Int
    /// The step after which the run validated, if that was within the epoch.
    package let step: Int?
    /// Such as `valid_psnr`.
    package let metric: String

    package init(epoch: Int, step: Int? = nil, metric: String) {
      self.epoch = epoch
      self.step = step
      self.metric = metric
    }

    /// Whether this is the record of it.
    package func isRecorded(by record: EpochRecord) -> Bool {
      step.map { record.fraction != nil && record.step == $0 }
        ?? (record.fraction == nil && record.epoch == epoch)
    }
  }

  package var name: String
  /// Ends of epochs, and validations within epochs.
  package var epochs: [EpochRecord] = []
  /// Optimizer steps that are done.
  package var steps = 0
  /// The epochs that the configuration asks for.
  package var plannedEpochs: Int?
  package var best: Best?
  /// The text of `config.yaml`.
  package var configuration: String?
  /// The settings of the configuration, in its order.
  package var settings: [Fact] = []
  /// The network, the versions and the hashes.
  package var facts: [Fact] = []
  /// Of the best and of the last epoch, by epoch.
  package var sheets: [SampleSheet] = []
  /// What is absent or damaged.
  package var remarks: [String] = []

  package init(name: String) { self.name = name }

  /// The ends of epochs.
  var completeEpochs: [EpochRecord] { epochs.filter { $0.fraction == nil } }

  /// The record of the best epoch.
  var bestRecord: EpochRecord? { best.flatMap { best in epochs.first(where: best.isRecorded) } }

  var series: CurveSeries { CurveSeries(name: name, epochs: epochs) }
}
