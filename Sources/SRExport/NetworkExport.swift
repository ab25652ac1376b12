import Foundation
import SRCheckpoint
import SRFiles
import SRTensor

/// One export of a network. What can be refused is refused by ``check()``, before anything is written.
package struct NetworkExport: Sendable {
  private let network: TrainedNetwork
  private let format: ExportFormat
  private let precision: WeightPrecision
  private let overwrites: Bool
  /// The files that are written.
  package let files: [String]

  /// - Parameters:
  ///   - precision: of the numbers in a safetensors or a `.pth` file. Other formats hold float32.
  ///   - overwrites: whether files that are there may be replaced.
  package init(
    _ network: TrainedNetwork, as format: ExportFormat, to path: String,
    precision: WeightPrecision = .float32, overwrites: Bool = false
  ) {
    self.network = network
    self.format = format
    self.precision = precision
    self.overwrites = overwrites
    files = format.files(at: path)
  }

  /// Writes the files, each whole or not at all. An earlier file of the name stays until the new one is complete. Folders that do
  /// not exist are created first.
  ///
  /// - Throws: ``ExportError``, ``SafetensorsError``, ``FileError`` or ``TorchArchiveError``.
  package func run() throws {
    try check()
    for file in files { try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: file)) }
    switch format {
    case .safetensors:
      try saveParameters(
        network.weights, to: files[0], metadata: ModelMetadata.of(network.model), precision: precision)
    case .onnx:
      try DurableFileWriter.replace(files[0], with: ONNXModel(network).bytes())
    case .pth:
      try DurableFileWriter.replace(
        files[0], with: TorchArchive(network.weights, precision: precision).bytes())
    case .ncnn:
      let model = NCNNModel(network)
      // The weights come first: a network whose weights are absent loads nowhere.
      try DurableFileWriter.replace(files[1], with: model.weights)
      try DurableFileWriter.replace(files[0], with: model.structure.utf8)
    }
  }

  private func check() throws {
    guard precision == .float32 || format.hasPrecisions else {
      let able = ExportFormat.allCases.filter(\.hasPrecisions).map(\.rawValue).joined(separator: " and ")
      throw ExportError(
        "--precision \(precision.rawValue): srdist writes \(format.rawValue) in float32 alone; leave out --precision, "
          + "or export to \(able)")
    }
    for entry in network.weights.layout.entries {
      let values = network.weights.tensor(entry)
      guard let index = values.firstIndex(where: { $0.magnitude >= precision.overflow }) else { continue }
      throw ExportError(
        "\(network.file): \(entry.name) does not fit \(precision.rawValue): element \(index) of \(entry.count) is "
          + "\(values[index]), and would become infinite; give --precision \(precision == .float16 ? "bfloat16 or " : "")float32"
      )
    }
    for file in files {
      let folder = DirectoryCalls.parent(of: file)
      try WriteAccess.checkFile(file)
      guard try PathKind.of(file) != nil else { continue }
      guard overwrites else {
        throw ExportError("\(file) is there already; give --overwrite to replace it, or another --output")
      }
      // A checkpoint whose file changes is damaged, and its run may not resume.
      let checkpoint = CheckpointDirectory(path: folder)
      guard try PathKind.of(checkpoint.file(CheckpointDirectory.checksumsFile)) == nil else {
        throw ExportError(
          "\(file) belongs to the checkpoint \(folder), which would be damaged; give another --output")
      }
    }
  }
}

/// A network cannot be exported as asked.
package struct ExportError: Error, CustomStringConvertible, Equatable {
  package let description: String
  init(_ description: String) { self.description = description }
}
