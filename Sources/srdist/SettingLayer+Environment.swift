import Foundation
import SRTraining

extension SettingLayer {
  /// The settings that environment variables give. Every command's options override them.
  static var environment: SettingLayer { SettingLayer(environment: ProcessInfo.processInfo.environment) }
}
