import ArgumentParser
import Foundation
import SRFiles
import SRTraining

struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "List the presets with every value, or print one as YAML.",
    discussion: """
      A printed preset is a file for --config:

        srdist presets hybrid > mine.yaml
        srdist train --config mine.yaml --epochs 5
      """)

  @Argument(help: "\(Preset.names).")
  var name: String?

  func run() throws {
    guard let name else {
      print(try Preset.allCases.map(Self.listing).joined(separator: "\n\n"))
      return
    }
    guard let preset = Preset(rawValue: name) else {
      throw ValidationError(
        "'\(name)' is not one of \(Preset.names)")
    }
    print(preset.yaml, terminator: "")
  }

  private static func listing(_ preset: Preset) throws -> String {
    let standard = preset == .standard ? " (the default)" : ""
    let layer = try preset.layer()
    let rows = Setting.all.compactMap { setting in layer[setting].map { [setting.name, $0.spelling] } }
    let table = TextTable([.left(atLeast: 14), .left], rows: rows)
    return (["\(preset.rawValue)\(standard): \(preset.summary)"] + table.lines.map { "  \($0)" })
      .joined(separator: "\n")
  }
}
