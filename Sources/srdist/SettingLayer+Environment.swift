import Foundation
import SRTraining

extension SettingLayer {
  /// Settings that environment variables give; every command's options win over them.
  ///
  /// `SRDIST_WEIGHTS`: the folder of the perceptual networks' weights.
  static var environment: SettingLayer {
    var layer = SettingLayer(origin: "the environment", values: [:])
    layer.values[.weightsDir] = ProcessInfo.processInfo.environment["SRDIST_WEIGHTS"]
    return layer
  }
}
