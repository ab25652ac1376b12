/// Reads a pickle of dictionaries, lists, numbers, texts and tensors, in protocols 2 to 5.
///
/// A pickle is a program for a stack machine, and in Python it can call any function. This machine calls nothing. It knows a few
/// names (``PickleGlobal``) and makes what Python would make of them. Every other name ends the reading, and so does every
/// instruction that stands for code.
///
/// Memory grows with the pickle's length alone: each instruction adds one value at most, and containers refer to each other by
/// number.
struct PickleReader {
  enum Failure: Error {
    /// The pickle refers to something that this program does not imitate, such as `os.system`.
    case forbidden(String)
    /// The pickle is malformed, or no pickle of tensors.
    case malformed(String, offset: Int)
  }

  private(set) var objects: [PickleObject] = []
  private let bytes: [UInt8]
  private var position = 0
  private var stack: [PickleValue] = []
  /// The heights of the stack at which groups of values begin.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Returns the value of the pickle, and the reader with the value's containers. Throws ``Failure``.
  static func read(_ bytes: [UInt8]) throws -> (root: PickleValue, reader: PickleReader) {
    var reader = PickleReader(bytes)
    let root = try reader.run()
    return (root, reader)
  }

  private mutating func run() throws -> PickleValue {
    guard try byte() == 0x80, (2...5).contains(try byte()) else {
      throw malformed("it is not a pickle of protocol 2 to 5")
    }
    while true {
      let opcode = try byte()
      switch Unicode.Scalar(opcode) {
      case ".":  // STOP
        guard marks.isEmpty, stack.count == 1 else { throw malformed("it ends with values left over") }
        return stack[0]
      case "\u{80}": _ = try byte()  // PROTO
      case "\u{95}": _ = try number(8)  // FRAME
      case "(": marks.append(stack.count)  // MARK
      case "0": if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }  // POP
      case "1": _ = try popGroup()  // POP_MARK
      case "2": stack.append(try top())  // DUP
      default: try runValue(opcode)
      }
    }
  }

  /// The instructions that make values.
  private mutating func runValue(_ opcode: UInt8) throws {
    switch Unicode.Scalar(opcode) {
    case "N": stack.append(.none)
    case "\u{88}": stack.append(.bool(true))
    case "\u{89}": stack.append(.bool(false))
    case "J": stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))  // BININT
    case "K": stack.append(.integer(Int(try byte())))  // BININT1
    case "M": stack.append(.integer(Int(try number(2))))  // BININT2
    case "\u{8A}": try longInteger(Int(try byte()))  // LONG1
    case "\u{8B}": try longInteger(try length(4))  // LONG4
    case "G": _ = try take(8); stack.append(.opaque)  // BINFLOAT
    case "X": try text(try length(4))  // BINUNICODE
    case "\u{8C}": try text(Int(try byte()))  // SHORT_BINUNICODE
    case "\u{8D}": try text(try length(8))  // BINUNICODE8
    case "U": try text(Int(try byte()))  // SHORT_BINSTRING, Python 2's text
    case "T": try text(try length(4))  // BINSTRING
    case "C": _ = try take(Int(try byte())); stack.append(.opaque)  // SHORT_BINBYTES
    case "B": _ = try take(try length(4)); stack.append(.opaque)  // BINBYTES
    case "\u{8E}", "\u{96}": _ = try take(try length(8)); stack.append(.opaque)  // BINBYTES8, BYTEARRAY8
    default: try runContainer(opcode)
    }
  }

  /// The instructions that make and fill containers.
  private mutating func runContainer(_ opcode: UInt8) throws {
    switch Unicode.Scalar(opcode) {
    case ")": push(.tuple([]))
    case "\u{85}", "\u{86}", "\u{87}": push(.tuple(try pop(Int(opcode) - 0x84)))
    case "t": push(.tuple(try popGroup()))
    case "]": push(.list([]))
    case "l": push(.list(try popGroup()))
    case "a": try extendList([try pop()])
    case "e": try extendList(try popGroup())
    case "}": push(.dictionary([], takesState: false))
    case "d": push(.dictionary(try pairs(try popGroup()), takesState: false))
    case "s": try extendDictionary(try pop(2))
    case "u": try extendDictionary(try popGroup())
    case "\u{8F}": stack.append(.opaque)  // EMPTY_SET
    case "\u{90}":  // ADDITEMS
      _ = try popGroup()
      guard case .opaque = try top() else { throw malformed("it adds to something that is no set") }
    case "\u{91}":  // FROZENSET
      _ = try popGroup()
      stack.append(.opaque)
    default: try runReference(opcode)
    }
  }

  /// The instructions that refer to earlier values or to names.
  private mutating func runReference(_ opcode: UInt8) throws {
    switch Unicode.Scalar(opcode) {
    case "q": memo[Int(try byte())] = try top()  // BINPUT
    case "r": memo[try length(4)] = try top()  // LONG_BINPUT
    case "\u{94}": memo[memo.count] = try top()  // MEMOIZE
    case "h": stack.append(try remembered(Int(try byte())))  // BINGET
    case "j": stack.append(try remembered(try length(4)))  // LONG_BINGET
    case "c": stack.append(try global(try line(), try line()))  // GLOBAL
    case "\u{93}":  // STACK_GLOBAL
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw malformed("a name is no text")
      }
      stack.append(try global(module, name))
    case "Q": stack.append(.storage(try storage(try pop())))  // BINPERSID
    case "R", "\u{81}":  // REDUCE, NEWOBJ
      let parts = try pop(2)
      guard case .global(let global) = parts[0] else {
        throw malformed("it calls something that is no function")
      }
      stack.append(try imitate(global, try sequence(parts[1])))
    case "b": try build()
    case "i": throw Failure.forbidden("\(try line()).\(try line())")  // INST
    case "o": throw Failure.forbidden("any Python object (the instruction OBJ)")
    case "\u{92}": throw Failure.forbidden("any Python object (the instruction NEWOBJ_EX)")
    case "\u{82}", "\u{83}", "\u{84}":
      throw Failure.forbidden("Python's registry of extensions (the instruction EXT)")
    default: throw malformed("it has the instruction \(opcode), which no file of PyTorch has")
    }
  }

  /// BUILD: sets the attributes of an object. A `state_dict` has one, which holds the versions of its layers.
  private mutating func build() throws {
    _ = try pop()
    guard case .container(let index) = try top(), case .dictionary(_, takesState: true) = objects[index]
    else {
      throw Failure.forbidden("changing any Python object (the instruction BUILD)")
    }
  }

  private func global(_ module: String, _ name: String) throws -> PickleValue {
    guard let global = PickleGlobal(module, name) else { throw Failure.forbidden("\(module).\(name)") }
    return .global(global)
  }

  /// Makes what Python's function or type would make of `arguments`.
  private mutating func imitate(_ global: PickleGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
    switch global {
    case .rebuildTensor, .rebuildUntypedTensor:
      return .tensor(try tensor(arguments, untyped: global))
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { throw malformed("a parameter is no tensor") }
      return arguments[0]
    case .orderedDictionary:
      // PyTorch makes an empty one and fills it. A copy of another could be as large, for a few bytes of pickle.
      guard arguments.isEmpty else { throw malformed("it copies a dictionary") }
      return container(.dictionary([], takesState: true))
    case .counter: return .opaque
    case .size:
      return arguments.first ?? container(.tuple([]))
    case .set, .device: return .opaque
    case .storage, .untypedStorage, .dtype: throw malformed("it calls a type of numbers")
    }
  }

  /// `(storage, offset, shape, strides, ...)`, and for a storage without a type `(..., requires_grad, hooks, dtype)`.
  private func tensor(_ arguments: [PickleValue], untyped global: PickleGlobal) throws -> TorchTensor {
    guard arguments.count >= 4, case .storage(var storage) = arguments[0],
      case .integer(let offset) = arguments[1]
    else { throw malformed("a tensor is not described as PyTorch does it") }
    if case .rebuildUntypedTensor = global {
      guard arguments.count >= 7, case .global(.dtype(let dtype)) = arguments[6] else {
        throw malformed("a tensor has no dtype")
      }
      storage = TorchStorage(key: storage.key, dtype: dtype, count: storage.count / dtype.size)
    }
    let (shape, strides) = (try integers(arguments[2]), try integers(arguments[3]))
    guard let tensor = TorchTensor(storage, offset: offset, shape: shape, strides: strides) else {
      throw malformed(
        "a tensor of shape \(shape), strides \(strides) and offset \(offset) lies outside its storage of \(storage.count)"
      )
    }
    return tensor
  }

  /// `("storage", type, key, location, count)`.
  private func storage(_ identifier: PickleValue) throws -> TorchStorage {
    let parts = try sequence(identifier)
    guard parts.count >= 5, case .text("storage") = parts[0], case .global(let type) = parts[1],
      case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
    else { throw malformed("a storage is not described as PyTorch does it") }
    switch type {
    case .storage(let dtype): return TorchStorage(key: key, dtype: dtype, count: count)
    case .untypedStorage: return TorchStorage(key: key, dtype: .uint8, count: count)
    default: throw malformed("a storage has no type of numbers")
    }
  }

  // MARK: - Containers

  private mutating func container(_ object: PickleObject) -> PickleValue {
    objects.append(object)
    return .container(objects.count - 1)
  }

  private mutating func push(_ object: PickleObject) { stack.append(container(object)) }

  private mutating func extendList(_ values: [PickleValue]) throws {
    guard case .container(let index) = try top(), case .list(var list) = objects[index] else {
      throw malformed("it appends to something that is no list")
    }
    // Without this, each append would copy the list.
    objects[index] = .list([])
    list += values
    objects[index] = .list(list)
  }

  private mutating func extendDictionary(_ values: [PickleValue]) throws {
    guard case .container(let index) = try top(), case .dictionary(var items, let takesState) = objects[index]
    else { throw malformed("it sets an item of something that is no dictionary") }
    objects[index] = .list([])
    items += try pairs(values)
    objects[index] = .dictionary(items, takesState: takesState)
  }

  private func pairs(_ values: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw malformed("a dictionary has a key without a value") }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  private func sequence(_ value: PickleValue) throws -> [PickleValue] {
    guard case .container(let index) = value else { throw malformed("it has no tuple where one is needed") }
    switch objects[index] {
    case .tuple(let values), .list(let values): return values
    case .dictionary: throw malformed("it has a dictionary where a tuple is needed")
    }
  }

  private func integers(_ value: PickleValue) throws -> [Int] {
    let values = try sequence(value)
    // PyTorch has as many at most.
    guard values.count <= 64 else { throw malformed("a tensor has \(values.count) dimensions") }
    return try values.map {
      guard case .integer(let integer) = $0 else { throw malformed("a shape is not of integers") }
      return integer
    }
  }

  // MARK: - Stack and bytes

  private func top() throws -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw malformed("its stack is empty") }
    return value
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw malformed("its stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  /// The values since the last mark.
  private mutating func popGroup() throws -> [PickleValue] {
    guard let start = marks.popLast() else { throw malformed("a mark is missing") }
    defer { stack.removeLast(stack.count - start) }
    return Array(stack[start...])
  }

  private func remembered(_ index: Int) throws -> PickleValue {
    guard let value = memo[index] else {
      throw malformed("it refers to a value \(index) that it has not made")
    }
    return value
  }

  private mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw malformed("it ends too early") }
    position += 1
    return bytes[position - 1]
  }

  private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw malformed("it ends too early") }
    position += count
    return bytes[position - count..<position]
  }

  /// A little-endian number of so many bytes.
  private mutating func number(_ width: Int) throws -> UInt64 {
    try take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func length(_ width: Int) throws -> Int {
    guard let length = Int(exactly: try number(width)) else { throw malformed("it ends too early") }
    return length
  }

  private mutating func text(_ count: Int) throws {
    stack.append(.text(String(decoding: try take(count), as: UTF8.self)))
  }

  /// A text that ends with the line.
  private mutating func line() throws -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw malformed("it ends too early")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  /// A little-endian integer in two's complement.
  private mutating func longInteger(_ count: Int) throws {
    let digits = try take(count)
    guard count <= 8 else { return stack.append(.opaque) }
    let sign: UInt64 = (digits.last ?? 0) < 0x80 ? 0 : .max
    stack.append(.integer(Int(truncatingIfNeeded: digits.reversed().reduce(sign) { $0 << 8 | UInt64($1) })))
  }

  private func malformed(_ reason: String) -> Failure { .malformed(reason, offset: position) }
}
