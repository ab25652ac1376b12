import ArgumentParser
import SRTraining

/// All settings of a training run as options, one group of `--help` per group of the table.
struct TrainOptions: ParsableArguments {
  @OptionGroup(title: SettingGroup.learning.title) var learning: SettingOptions<LearningSettings>
  @OptionGroup(title: SettingGroup.data.title) var data: SettingOptions<DataSettings>
  @OptionGroup(title: SettingGroup.execution.title) var execution: SettingOptions<ExecutionSettings>

  /// The options that were given.
  var layer: SettingLayer { learning.layer.merging(data.layer).merging(execution.layer) }
}

enum LearningSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.learning.settings }
}

enum DataSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.data.settings }
}

enum ExecutionSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.execution.settings }
}

/// What a command that trains nothing may be told of its workers.
enum WorkerSettings: SettingSelection {
  static var settings: [Setting] { [.of(\.threads)] }
}

/// What concerns a host rather than a run.
enum HostSettings: SettingSelection {
  static var settings: [Setting] { [.of(\.threads), .of(\.weightsDir)] }
}
