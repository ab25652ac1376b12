import SRFiles
import Testing

@Suite struct SHA256Tests {
  /// The examples of SHA-256 in FIPS 180-4, and the empty message.
  static let messages: [(message: String, digest: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: messages.indices)
  func messagesHaveTheStandardsDigests(index: Int) {
    let hasher = SHA256()
    hasher.update(Self.messages[index].message)
    #expect(hasher.finalize() == Self.messages[index].digest)
  }

  /// A block has 64 bytes. Pieces of 1, 3, 7, ... bytes end at every place within a block.
  @Test(arguments: messages.indices)
  func piecesHaveTheDigestOfTheWhole(index: Int) {
    let bytes = Array(Self.messages[index].message.utf8)
    let hasher = SHA256()
    bytes.withUnsafeBytes { bytes in
      var (start, size) = (0, 1)
      while start < bytes.count {
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)]))
        start += size
        size = (size * 2 + 1) % 1021
      }
      hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<0]))
    }
    #expect(hasher.finalize() == Self.messages[index].digest)
  }

  @Test func digestsInTheMakingAreIndependent() {
    let (first, second) = (SHA256(), SHA256())
    first.update("a")
    second.update("ab")
    first.update("bc")
    second.update("c")
    #expect(first.finalize() == Self.messages[1].digest)
    #expect(second.finalize() == Self.messages[1].digest)
  }
}
