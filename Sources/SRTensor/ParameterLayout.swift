/// Where each named parameter of a model lies in one flat arena of floats.
///
/// Values, gradients and optimizer moments are arenas of the same layout. So an optimizer is one flat loop, and a gradient
/// exchange works on a range of floats. Names and shapes are those of the PyTorch state dict. Each tensor starts at a
/// multiple of 16 floats, and the gaps stay zero.
package struct ParameterLayout: Sendable, Equatable {
  /// How a tensor's elements are ordered in the arena.
  package enum Storage: Sendable, Equatable {
    /// As in the file: row-major in `shape`.
    case rowMajor
    /// A convolution's OIHW weights, stored as HWIO: the vector kernels read output channels contiguously.
    case convolutionHWIO
  }

  /// The order in which a tensor's output channels (its first dimension) lie in the arena.
  package enum Outputs: Sendable, Equatable {
    case asInFile
    /// For a convolution before PyTorch's `PixelShuffle(f)`: outputs lie channel by channel in the file, and subpixel by
    /// subpixel in the arena. File index f^2 c + s becomes s C + c, with C = outputs / f^2.
    case bySubpixel(factor: Int)

    /// Subpixels of a pixel.
    var subpixels: Int {
      switch self {
      case .asInFile: 1
      case .bySubpixel(let factor): factor * factor
      }
    }
  }

  package struct Entry: Sendable, Equatable {
    /// PyTorch's name, such as `res_blocks.0.block.0.weight`.
    package let name: String
    /// PyTorch's shape (OIHW for convolutions).
    package let shape: [Int]
    package let storage: Storage
    package let outputs: Outputs
    /// First float in the arena.
    package let offset: Int
    /// Number of floats.
    package let count: Int
    package var range: Range<Int> { offset..<(offset + count) }

    /// The index in the arena of the output channel that has `index` in the file.
    package func arenaOutput(_ index: Int) -> Int {
      let subpixels = outputs.subpixels
      return index % subpixels * (shape[0] / subpixels) + index / subpixels
    }
  }

  /// In the order in which the forward pass uses them.
  package private(set) var entries: [Entry] = []
  /// Floats of an arena, including the gaps.
  package private(set) var arenaCount = 0
  /// Floats that belong to parameters.
  package var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  package init() {}

  /// Reserves room for a tensor and returns where it lies. Names are unique.
  package mutating func append(
    _ name: String, shape: [Int], storage: Storage = .rowMajor, outputs: Outputs = .asInFile
  ) -> Entry {
    precondition(entry(named: name) == nil, "two parameters are called \(name)")
    precondition(
      storage == .rowMajor || shape.count == 4, "HWIO storage needs 4 dimensions, \(name) has \(shape)")
    precondition(
      shape[0] % outputs.subpixels == 0,
      "\(name) of \(shape) has no outputs for \(outputs.subpixels) subpixels")
    let count = shape.reduce(1, *)
    let entry = Entry(
      name: name, shape: shape, storage: storage, outputs: outputs, offset: arenaCount, count: count)
    entries.append(entry)
    arenaCount = (arenaCount + count + 15) / 16 * 16
    return entry
  }

  package func entry(named name: String) -> Entry? { entries.first { $0.name == name } }
}
