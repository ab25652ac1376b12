/// One flat buffer holding a value for every parameter of a layout (weights, gradients or moments).
public final class ParameterArena: Sendable {
  public let layout: ParameterLayout
  public let buffer: AlignedBuffer

  public var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
  public var count: Int { buffer.count }

  public init(layout: ParameterLayout) {
    self.layout = layout
    buffer = AlignedBuffer(count: layout.arenaCount)
  }

  /// First float of a parameter, in arena order (see ``ParameterLayout/Storage``).
  public func pointer(to entry: ParameterLayout.Entry) -> UnsafeMutablePointer<Float> {
    buffer.pointer + entry.offset
  }

  /// The tensor's elements in file order: row-major in `entry.shape`.
  public func tensor(_ entry: ParameterLayout.Entry) -> [Float] {
    let source = pointer(to: entry)
    switch entry.storage {
    case .rowMajor:
      return Array(UnsafeBufferPointer(start: source, count: entry.count))
    case .convolutionHWIO:
      let (outputs, inputs, taps) = (entry.shape[0], entry.shape[1], entry.shape[2] * entry.shape[3])
      return [Float](unsafeUninitializedCapacity: entry.count) { result, count in
        for o in 0..<outputs {
          for i in 0..<inputs {
            for t in 0..<taps {
              result[(o * inputs + i) * taps + t] = source[(t * inputs + i) * outputs + o]
            }
          }
        }
        count = entry.count
      }
    }
  }

  /// Replaces the tensor's elements by `values`, given in file order; `values.count == entry.count`.
  public func setTensor(_ entry: ParameterLayout.Entry, to values: [Float]) {
    precondition(
      values.count == entry.count, "\(entry.name) holds \(entry.count) floats, \(values.count) given")
    let destination = pointer(to: entry)
    switch entry.storage {
    case .rowMajor:
      for (index, value) in values.enumerated() { destination[index] = value }
    case .convolutionHWIO:
      let (outputs, inputs, taps) = (entry.shape[0], entry.shape[1], entry.shape[2] * entry.shape[3])
      for o in 0..<outputs {
        for i in 0..<inputs {
          for t in 0..<taps {
            destination[(t * inputs + i) * outputs + o] = values[(o * inputs + i) * taps + t]
          }
        }
      }
    }
  }
}
