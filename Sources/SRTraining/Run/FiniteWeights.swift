import SRKernels
import SRTensor

extension ParameterArena {
  /// Throws ``ConfigurationError`` that names the first parameter with a value that is not finite. Every result of a network
  /// with such weights would be meaningless.
  ///
  /// - Parameter file: the weights' file.
  func requireFinite(from file: String, kernels: any KernelSet) throws {
    guard let entry = layout.entries.first(where: { !kernels.allFinite(pointer(to: $0), count: $0.count) })
    else { return }
    let values = tensor(entry)
    let index = values.firstIndex { !$0.isFinite } ?? 0
    throw ConfigurationError(
      "\(file): \(entry.name) holds values that are not finite: element \(index) of \(entry.count) is \(values[index]). "
        + "Such weights give no results; take an earlier file of the training that made them")
  }
}
