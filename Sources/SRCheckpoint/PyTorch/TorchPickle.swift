import SRTensor

/// The pickle of a `state_dict`, in protocol 2: what `torch.save` writes as `data.pkl`.
///
/// Each tensor is `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`. Its storage is the
/// persistent identifier `("storage", torch.FloatStorage, key, "cpu", count)`, or has the storage of another precision; the key names the file with the elements.
struct TorchPickle {
  private(set) var bytes: [UInt8] = [0x80, 2]  // PROTO 2
  private let storage: String

  /// - Parameter tensors: in the order of the dictionary. A tensor's position is the key of its storage.
  init(_ tensors: [ParameterLayout.Entry], _ precision: WeightPrecision) {
    storage =
      switch precision {
      case .float32: "FloatStorage"
      case .float16: "HalfStorage"
      case .bfloat16: "BFloat16Storage"
      }
    emptyOrderedDictionary()
    mark()
    for (index, tensor) in tensors.enumerated() {
      text(tensor.name)
      rebuild(tensor, key: String(index))
    }
    opcode("u")  // SETITEMS
    opcode(".")  // STOP
  }

  private mutating func rebuild(_ tensor: ParameterLayout.Entry, key: String) {
    global("torch._utils", "_rebuild_tensor_v2")
    mark()
    mark()
    text("storage")
    global("torch", storage)
    text(key)
    text("cpu")
    integer(tensor.count)
    opcode("t")  // TUPLE
    opcode("Q")  // BINPERSID
    integer(0)
    integers(tensor.shape)
    integers(Self.strides(tensor.shape))
    opcode("\u{89}")  // NEWFALSE
    emptyOrderedDictionary()
    opcode("t")
    opcode("R")  // REDUCE
  }

  /// Elements between neighbours along each dimension, row-major.
  private static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for index in shape.indices.dropLast().reversed() {
      strides[index] = strides[index + 1] * shape[index + 1]
    }
    return strides
  }

  private mutating func emptyOrderedDictionary() {
    global("collections", "OrderedDict")
    opcode(")")  // EMPTY_TUPLE
    opcode("R")
  }

  private mutating func mark() { opcode("(") }

  private mutating func opcode(_ character: Unicode.Scalar) { bytes.append(UInt8(character.value)) }

  private mutating func global(_ module: String, _ name: String) {
    opcode("c")
    bytes += Array("\(module)\n\(name)\n".utf8)
  }

  private mutating func text(_ value: String) {
    opcode("X")  // BINUNICODE
    integer32(value.utf8.count)
    bytes += Array(value.utf8)
  }

  private mutating func integer(_ value: Int) {
    opcode("J")  // BININT
    integer32(value)
  }

  private mutating func integers(_ values: [Int]) {
    mark()
    for value in values { integer(value) }
    opcode("t")
  }

  private mutating func integer32(_ value: Int) {
    withUnsafeBytes(of: Int32(value).littleEndian) { bytes += $0 }
  }
}
