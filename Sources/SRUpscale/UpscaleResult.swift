import SRFiles
import SRMetrics

/// A picture or an array that was enlarged.
package struct UpscaledPicture: Codable, Sendable {
  package let input: String
  package let output: String
  package let width: Int
  package let height: Int
  package let outputWidth: Int
  package let outputHeight: Int
  package let seconds: Double
  /// What was changed or left out on the way.
  package let notes: [String]
  /// The sheet; nil for none.
  package let comparison: String?
  /// Metrics against the original, by name, and those of bicubic upsampling; nil without an original.
  package var metrics: [String: Double]?
  package var bicubic: [String: Double]?

  enum CodingKeys: String, CodingKey {
    case input, output, width, height, seconds, notes, comparison, metrics, bicubic
    case outputWidth = "output_width"
    case outputHeight = "output_height"
  }

  /// One line for a person.
  package var text: String {
    let remarks = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
    return
      "\(output): \(width)x\(height) to \(outputWidth)x\(outputHeight) in \(seconds.fixed(2)) s\(remarks)"
  }
}

/// A picture that was not enlarged.
package struct FailedPicture: Codable, Sendable {
  package let input: String
  package let error: String

  init(_ path: BytePath, _ error: any Error) {
    input = path.description
    let text = "\(error)"
    self.error = text.contains(input) ? text : "\(input): \(text)"
  }
}

/// What `srdist upscale --json` prints.
package struct UpscaleResult: Codable, Sendable {
  package let weights: String
  package let model: String
  package let scale: Int
  package let pooling: String
  /// In the order of the inputs.
  package let pictures: [UpscaledPicture]
  package let failed: [FailedPicture]
  /// Inputs that were left out because their outputs existed.
  package let skipped: Int
  /// Means over the pictures, by metric, with originals only.
  package let metrics: [String: Double]?
  package let bicubic: [String: Double]?
  /// What each metric is.
  package let conventions: [String]
}

extension UpscaleResult {
  /// A table of the metrics, with bicubic upsampling beside; empty without originals.
  package var scoreLines: [String] {
    guard let metrics, let bicubic else { return [] }
    let descriptions = [MetricDescription.psnr, .ssim, .lpips].filter { metrics[$0.name] != nil }
    var table = TextTable([.left] + Array(repeating: .right, count: 2 * descriptions.count))
    table.append(["picture"] + descriptions.map(\.title) + descriptions.map { "bicubic \($0.title)" })
    func append(_ name: String, _ values: [[String: Double]]) {
      table.append(
        [name]
          + values.flatMap { values in descriptions.map { (values[$0.name] ?? .nan).fixed($0.decimals) } })
    }
    for picture in pictures {
      if let metrics = picture.metrics, let bicubic = picture.bicubic {
        append(picture.output, [metrics, bicubic])
      }
    }
    append("mean", [metrics, bicubic])
    return table.lines + ["conventions: \(conventions.joined(separator: "; "))"]
  }
}
