import SRFiles

/// A weight file cannot be read, or does not hold what is needed. What is wrong with a safetensors file's form is a
/// ``SafetensorsError``.
package struct WeightFileError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Problem: Equatable, Sendable {
    /// The system could not open or map the file.
    case file(FileError)
    /// The file is of another format.
    case otherFormat(FileKind)
    /// The zip archive is damaged, or announces what it cannot hold.
    case archive(String)
    case torchScript
    case byteOrder(String)
    /// The pickle refers to code.
    case forbidden(String)
    case pickle(String)
    /// The file of a tensor's elements is absent or has another size.
    case storage(elements: Int, dtype: SafetensorsDType, bytes: Int?)
    /// The tensors would take far more memory than the file has bytes.
    case tooLarge(bytes: Int, fileBytes: Int)
    case notFloatingPoint(SafetensorsDType)
    /// No tensors lie where they were looked for. `keys` are places that hold some.
    case noTensors(under: String?, keys: [String])
    /// The file tells no averaged weights from others.
    case noAveragedWeights
    case mismatch(ParameterMismatch)
    /// No tensor of the file fits the network.
    case nothingFits(ParameterMismatch)
    /// The tensors are not those of a known network.
    case unknownModel(String)
    case notFinite(element: Int, count: Int, value: String)
  }

  package let path: String
  /// The tensor in question, if the problem is with one tensor.
  package let tensor: String?
  package let problem: Problem

  package init(path: String, tensor: String? = nil, _ problem: Problem) {
    self.path = path
    self.tensor = tensor
    self.problem = problem
  }

  package var description: String {
    // The system's error names the file.
    if case .file(let error) = problem, tensor == nil, error.path == path { return "\(error)" }
    let place = tensor.map { "\(path): \(Self.short($0))" } ?? path
    // "TENSOR holds values ..." needs no colon.
    if case .notFinite = problem { return "\(place) \(problem)" }
    return "\(place): \(problem)"
  }

  /// A name from the file, which may be of any length.
  static func short(_ name: String) -> String { name.count > 100 ? "\(name.prefix(100))..." : name }
}

extension WeightFileError.Problem: CustomStringConvertible {
  private static let resaving = "save the weights alone, by torch.save(model.state_dict(), FILE)"

  package var description: String {
    switch self {
    case .file(let error): return "\(error)"
    case .otherFormat(let kind): return "is no weight file but \(kind)"
    case .archive(let reason):
      return
        "the zip archive cannot be used: \(WeightFileError.short(reason)); copy or download the file again"
    case .torchScript:
      return "is a TorchScript program (torch.jit.save), and srdist runs no code of a file; \(Self.resaving)"
    case .byteOrder(let order):
      return
        "its byte order is '\(order)', expected 'little'; load and save it with PyTorch on a little-endian machine"
    case .forbidden(let name):
      return
        "its pickle asks for \(WeightFileError.short(name)), which is no part of a dictionary of tensors. srdist runs no "
        + "code of a file; if you trust it, \(Self.resaving)"
    case .pickle(let reason): return "its pickle cannot be read: \(reason)"
    case .storage(let elements, let dtype, let bytes):
      let found = bytes.map { "has \($0) bytes" } ?? "is absent"
      return
        "its file, of \(elements) elements of \(dtype.rawValue), \(found); copy or download the file again"
    case .tooLarge(let bytes, let fileBytes):
      return "its tensors would take \(bytes) bytes, and the file has \(fileBytes)"
    case .notFloatingPoint(let dtype):
      return "has dtype \(dtype.rawValue), expected one of F32, F16, BF16, F64"
    case .noTensors(let key, let keys):
      let what =
        key.map { "holds no tensors under --param-key \($0)" }
        ?? "holds no dictionary of tensors that is known by name"
      guard !keys.isEmpty else { return what }
      let shown = keys.prefix(8).map { WeightFileError.short($0) }.joined(separator: ", ")
      return
        "\(what); give --param-key one of: \(shown)\(keys.count > 8 ? " and \(keys.count - 8) more" : "")"
    case .noAveragedWeights:
      return
        "tells no averaged weights from others, as a checkpoint or a file with the key params_ema does; leave out --ema"
    case .mismatch(let mismatch): return "\(mismatch)"
    case .nothingFits(let mismatch):
      return "nothing in it fits the network, so there is nothing to start from: \(mismatch.list)"
    case .unknownModel(let reason): return "is not a weight file of a network that srdist knows: \(reason)"
    case .notFinite(let element, let count, let value):
      return
        "holds values that are not finite: element \(element) of \(count) is \(value). Such weights give no results; take "
        + "an earlier file of the training that made them"
    }
  }
}
