import COpenSSL

/// Computes a SHA-256 digest (FIPS 180-4) piece by piece, with libcrypto.
package final class SHA256 {
  private let context: OpaquePointer
  private var isFinal = false

  /// OpenSSL loads no settings file, which could take SHA-256 away. OpenSSL installs no exit handler, so a thread may hash
  /// while another one ends the process.
  private static let isReady =
    OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT), nil) == 1

  /// Starts a digest, without any bytes yet.
  package init() {
    guard Self.isReady, let context = EVP_MD_CTX_new() else { fatalError("libcrypto cannot be used") }
    self.context = context
    Self.check(EVP_DigestInit_ex(context, EVP_sha256(), nil), "EVP_DigestInit_ex")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends `bytes`. Not after ``finalize()``.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(!isFinal, "the digest is final")
    Self.check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  /// Appends the text's UTF-8. Not after ``finalize()``.
  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of all bytes as lower-case hexadecimal digits, as `sha256sum` prints it. Call it once.
  package func finalize() -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: finalizeBytes().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest of all bytes. Call it once, and not after ``finalize()``.
  package func finalizeBytes() -> [UInt8] {
    precondition(!isFinal, "the digest is final")
    isFinal = true
    return [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      Self.check(EVP_DigestFinal_ex(context, digest.baseAddress, nil), "EVP_DigestFinal_ex")
      count = Self.byteCount
    }
  }

  /// The bytes of a digest.
  package static let byteCount = 32

  /// If hashing memory fails, no caller can do anything about it.
  private static func check(_ status: Int32, _ call: String) {
    guard status == 1 else { fatalError("libcrypto: \(call) failed") }
  }
}
