/// One flat buffer that holds a value for every parameter of a layout: weights, gradients or moments.
package final class ParameterArena: Sendable {
  package let layout: ParameterLayout
  package let buffer: AlignedBuffer

  package var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
  package var count: Int { buffer.count }

  /// - Parameter inOwnPages: see ``AlignedBuffer/init(count:inOwnPages:)``.
  package init(layout: ParameterLayout, inOwnPages: Bool = false) {
    self.layout = layout
    buffer = AlignedBuffer(count: layout.arenaCount, inOwnPages: inOwnPages)
  }

  /// The first float of a parameter, in arena order (see ``ParameterLayout/Storage``).
  package func pointer(to entry: ParameterLayout.Entry) -> UnsafeMutablePointer<Float> {
    buffer.pointer + entry.offset
  }

  /// The tensor's elements in file order: row-major in `entry.shape`.
  package func tensor(_ entry: ParameterLayout.Entry) -> [Float] {
    let source = pointer(to: entry)
    return [Float](unsafeUninitializedCapacity: entry.count) { result, count in
      forEachElement(entry) { file, arena in result[file] = source[arena] }
      count = entry.count
    }
  }

  /// Replaces the tensor's elements by `values`, given in file order; `values.count == entry.count`.
  package func setTensor(_ entry: ParameterLayout.Entry, to values: [Float]) {
    precondition(
      values.count == entry.count, "\(entry.name) holds \(entry.count) floats, \(values.count) given")
    let destination = pointer(to: entry)
    forEachElement(entry) { file, arena in destination[arena] = values[file] }
  }

  /// Calls `body` with each element's index in the file and in the arena. Both count from the tensor's first element.
  @inline(__always)
  private func forEachElement(_ entry: ParameterLayout.Entry, _ body: (_ file: Int, _ arena: Int) -> Void) {
    let outputs = entry.shape[0]
    let elements = entry.count / outputs
    for fileOutput in 0..<outputs {
      let output = entry.arenaOutput(fileOutput)
      let first = fileOutput * elements
      switch entry.storage {
      case .rowMajor:
        for element in 0..<elements { body(first + element, output * elements + element) }
      case .convolutionHWIO:
        let (inputs, taps) = (entry.shape[1], entry.shape[2] * entry.shape[3])
        for input in 0..<inputs {
          for tap in 0..<taps {
            body(first + input * taps + tap, (tap * inputs + input) * outputs + output)
          }
        }
      }
    }
  }
}
