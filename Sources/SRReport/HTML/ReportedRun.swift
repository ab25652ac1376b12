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
    /// Such as `valid_psnr`.
    package let metric: String

    package init(epoch: Int, metric: String) {
      self.epoch = epoch
      self.metric = metric
    }
  }

  package var name: String
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

  /// The record of the best epoch.
  var bestRecord: EpochRecord? { best.flatMap { best in epochs.first { $0.epoch == best.epoch } } }

  var series: CurveSeries { CurveSeries(name: name, epochs: epochs) }
}
