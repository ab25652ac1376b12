import SRFiles
import SRTensor

/// SHA-256 over the little-endian bytes of every tensor, in layout order and each in file order (OIHW), as
/// lower-case hexadecimal: two arenas have the same hash when they hold the same bits.
package func weightsSHA256(_ arena: ParameterArena) -> String {
  let hasher = SHA256()
  for entry in arena.layout.entries {
    LittleEndianFloats.withBytes(of: arena.tensor(entry)) { hasher.update($0) }
  }
  return hasher.finalize()
}
