import Foundation
import SRTraining

extension SettingLayer {
  /// Settings that environment variables give; every command's options win over them.
  static var environment: SettingLayer { SettingLayer(environment: ProcessInfo.processInfo.environment) }
}
