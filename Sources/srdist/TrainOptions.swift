import ArgumentParser
import SRTraining

/// All settings of a training run as options. Each group of the table is a group of `--help`.
struct TrainOptions: ParsableArguments {
  @OptionGroup(title: SettingGroup.learning.title) var learning: SettingOptions<LearningSettings>
  @OptionGroup(title: SettingGroup.pictures.title) var pictures: SettingOptions<PictureSettings>
  @OptionGroup(title: SettingGroup.data.title) var data: SettingOptions<DataSettings>
  @OptionGroup(title: SettingGroup.execution.title) var execution: SettingOptions<ExecutionSettings>

  /// The options that were given.
  var layer: SettingLayer {
    learning.layer.merging(pictures.layer).merging(data.layer).merging(execution.layer)
  }
}

enum LearningSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.learning.settings }
}

enum PictureSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.pictures.settings }
}

enum DataSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.data.settings }
}

enum ExecutionSettings: SettingSelection {
  static var settings: [Setting] { SettingGroup.execution.settings }
}

/// The settings of ranks and workers in a command that does not train.
enum WorkerSettings: SettingSelection {
  static var settings: [Setting] { [.of(\.threads), .of(\.stallTimeout)] }
}

/// The settings that concern a host rather than a run.
enum HostSettings: SettingSelection {
  static var settings: [Setting] { [.of(\.threads), .of(\.weightsDir), .of(\.stallTimeout)] }
}
