import SRFiles
import SRTensor

/// SHA-256 over the little-endian bytes of every tensor, as lower-case hexadecimal. Tensors come in layout order, their
/// elements in file order (OIHW). Two arenas with the same bits have the same hash.
package func weightsSHA256(_ arena: ParameterArena) -> String {
  let hasher = SHA256()
  for entry in arena.layout.entries {
    LittleEndianFloats.withBytes(of: arena.tensor(entry)) { hasher.update($0) }
  }
  return hasher.finalize()
}
