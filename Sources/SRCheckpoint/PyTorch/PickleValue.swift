/// What a pickle of tensors can hold.
///
/// Containers are numbers of ``PickleObject``s, because a pickle may put a container into itself.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case text(String)
  case container(Int)
  case global(PickleGlobal)
  case storage(TorchStorage)
  case tensor(TorchTensor)
  /// A value that says nothing about weights: a fraction, bytes, a set, an integer of more than 64 bits, a device.
  case opaque
}

enum PickleObject {
  case list([PickleValue])
  case tuple([PickleValue])
  /// `takesState`: whether Python may add attributes to it, such as a `state_dict`'s `_metadata`. They are passed over.
  case dictionary([(key: PickleValue, value: PickleValue)], takesState: Bool)
}

/// The names of Python that may occur in a pickle of tensors. Each is a function or a type that this program imitates.
enum PickleGlobal {
  case rebuildTensor
  /// Like `rebuildTensor`, from a storage without a type.
  case rebuildUntypedTensor
  case rebuildParameter
  case orderedDictionary
  case counter
  case set
  case size
  case device
  case storage(SafetensorsDType)
  /// Its count is in bytes.
  case untypedStorage
  case dtype(SafetensorsDType)

  /// Nil for every other name.
  init?(_ module: String, _ name: String) {
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildUntypedTensor
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("collections", "Counter"): self = .counter
    case ("__builtin__", "set"), ("builtins", "set"): self = .set
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"): self = .untypedStorage
    case ("torch", let name), ("torch.cuda", let name):
      if let storage = Self.storages[name] {
        self = .storage(storage)
      } else if module == "torch", let dtype = Self.dtypes[name] {
        self = .dtype(dtype)
      } else {
        return nil
      }
    default: return nil
    }
  }

  private static let storages: [String: SafetensorsDType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16,
    "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8,
    "ByteStorage": .uint8, "BoolStorage": .bool, "ComplexFloatStorage": .complex64,
  ]

  private static let dtypes: [String: SafetensorsDType] = [
    "float32": .float32, "float64": .float64, "float16": .float16, "bfloat16": .bfloat16, "int64": .int64,
    "int32": .int32, "int16": .int16, "int8": .int8, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32,
    "uint64": .uint64, "bool": .bool, "complex64": .complex64, "float8_e4m3fn": .float8E4M3,
    "float8_e5m2": .float8E5M2,
  ]
}

/// The elements of one or several tensors: a file of the archive.
struct TorchStorage: Equatable {
  /// The file's name in the folder `data`.
  let key: String
  let dtype: SafetensorsDType
  /// In elements.
  let count: Int
}

/// A view of a storage, as PyTorch describes tensors.
struct TorchTensor: Equatable {
  let storage: TorchStorage
  /// The first element.
  let offset: Int
  let shape: [Int]
  /// Elements between neighbours along each dimension.
  let strides: [Int]
  /// Number of elements.
  let count: Int

  /// Nil if a part of the tensor lies outside its storage, or if its size is no number.
  init?(_ storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
    guard offset >= 0, shape.count == strides.count, (shape + strides).allSatisfy({ $0 >= 0 }) else {
      return nil
    }
    var count = 1
    // The element after the last one that the tensor has.
    var end = offset
    for (size, stride) in zip(shape, strides) {
      let (product, tooMany) = count.multipliedReportingOverflow(by: size)
      let (step, tooFar) = stride.multipliedReportingOverflow(by: max(0, size - 1))
      let (sum, overflow) = end.addingReportingOverflow(step)
      guard !tooMany, !tooFar, !overflow else { return nil }
      (count, end) = (product, sum)
    }
    guard count == 0 || end < storage.count else { return nil }
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.strides = strides
    self.count = count
  }

  /// The tensor's elements, row-major, out of its storage's.
  func elements(of storage: [Float]) -> [Float] {
    guard count > 0 else { return [] }
    return [Float](unsafeUninitializedCapacity: count) { result, done in
      var index = [Int](repeating: 0, count: shape.count)
      var place = offset
      while true {
        result.initializeElement(at: done, to: storage[place])
        done += 1
        var dimension = shape.count - 1
        // The next element: count up like a milometer.
        while dimension >= 0, index[dimension] == shape[dimension] - 1 {
          place -= index[dimension] * strides[dimension]
          index[dimension] = 0
          dimension -= 1
        }
        if dimension < 0 { return }
        index[dimension] += 1
        place += strides[dimension]
      }
    }
  }
}
