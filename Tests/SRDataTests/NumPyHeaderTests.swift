import SRData
import Testing

@Suite struct NumPyHeaderTests {
  /// The start of a file whose header holds `dictionary`.
  static func file(_ dictionary: String, version: [UInt8] = [1, 0]) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + version + [UInt8(dictionary.utf8.count), 0] + Array(dictionary.utf8)
  }

  static func parse(_ bytes: [UInt8]) throws -> NumPyHeader {
    try bytes.withUnsafeBytes { try NumPyHeader.parse($0, path: "a.npy").header }
  }

  @Test(arguments: [[], [5], [2, 3], [2000, 128, 128, 3]])
  func comesBackAligned(shape: [Int]) throws {
    let header = NumPyHeader(elementType: "|u1", shape: shape)
    let encoded = header.encoded()
    #expect(encoded.count % 64 == 0)
    #expect(encoded.last == UInt8(ascii: "\n"))
    #expect(try Self.parse(encoded) == header)
  }

  @Test func equalsNumPys() throws {
    let saved = try bytes(of: Fixtures.path("arrays/version1.npy"))
    let header = NumPyHeader(elementType: "|u1", shape: [2, 3, 4, 3]).encoded()
    #expect(Array(saved.prefix(header.count)) == header)
  }

  @Test(arguments: [
    "{'shape': (4,), 'descr': \"<f4\", 'fortran_order': True}",
    "  {'descr':'<f4','fortran_order':True,'shape':(4,),}  \n",
    "{'descr': u'<f4', u'fortran_order': True, 'shape': (4L,)}",
  ])
  func otherSpellingsAreRead(_ dictionary: String) throws {
    let expected = NumPyHeader(elementType: "<f4", isFortranOrder: true, shape: [4])
    #expect(try Self.parse(Self.file(dictionary)) == expected)
  }

  @Test(arguments: [
    ("    ", "'{'"),
    ("{'descr': '|u1', 'fortran_order': False}", "the keys descr, fortran_order and shape"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), 'x': 1}", "each once"),
    ("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", "each once"),
    ("{'descr': '|u1', 'fortran_order': 0, 'shape': (3,)}", "True or False"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3)}", "a comma"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,)}", "a dimension"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", "a dimension"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,", "a dimension"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)} + 1", "nothing after }"),
    ("{'descr': '|u1, 'fortran_order': False, 'shape': (3,)}", "'}'"),
    ("{'descr': '|u1", "a closing quote"),
    ("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (3,)}", "one number each"),
    ("{descr: '|u1', 'fortran_order': False, 'shape': (3,)}", "a quoted string"),
  ])
  func malformedDictionaryIsAnError(dictionary: String, expected: String) {
    let error = #expect(throws: NumPyError.self) { try Self.parse(Self.file(dictionary)) }
    #expect(error?.path == "a.npy")
    #expect(error?.expected.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func malformedStartIsAnError() throws {
    let good = Self.file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}")
    for count in 0..<good.count {
      #expect(throws: NumPyError.self) { try Self.parse(Array(good.prefix(count))) }
    }
    for version: [UInt8] in [[0, 0], [4, 0], [1, 1]] {
      let error = #expect(throws: NumPyError.self) {
        try Self.parse(Self.file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", version: version))
      }
      #expect(error?.expected.contains("version") == true)
    }
    #expect(throws: NumPyError.self) { try Self.parse(Array("PK\u{3}\u{4} an .npz archive".utf8)) }
  }
}
