import SRKernels

/// The vector kernels, compiled for this module's CPU level.
package struct VectorKernels: KernelSet {
  package init() {}

  package var levelName: String {
    #if SRDIST_X86_V4
      #if arch(x86_64)
        return "x86-64-v4"
      #else
        return "generic"
      #endif
    #else
      return "x86-64-v3"
    #endif
  }
}

extension VectorKernels {
  package var multiplyAddFLOPsPerRound: Int { 12 * Register.scalarCount * 2 }

  // Twelve independent chains cover the latency of two FMA units, and fit the registers of either level.
  package func multiplyAdd(rounds: Int) -> Float {
    let factor = Register(repeating: 1 / Float(1 + rounds))
    let term = Register(repeating: 1)
    // Different starting values: the compiler would compute equal chains once.
    var (a, b, c, d) = (term, term * 2, term * 3, term * 4)
    var (e, f, g, h) = (term * 5, term * 6, term * 7, term * 8)
    var (i, j, k, l) = (term * 9, term * 10, term * 11, term * 12)
    for _ in 0..<rounds {
      a = term.addingProduct(a, factor)
      b = term.addingProduct(b, factor)
      c = term.addingProduct(c, factor)
      d = term.addingProduct(d, factor)
      e = term.addingProduct(e, factor)
      f = term.addingProduct(f, factor)
      g = term.addingProduct(g, factor)
      h = term.addingProduct(h, factor)
      i = term.addingProduct(i, factor)
      j = term.addingProduct(j, factor)
      k = term.addingProduct(k, factor)
      l = term.addingProduct(l, factor)
    }
    let sums = a + b + c + d + e + f + g + h + i + j + k + l
    return sums.sum()
  }

  package func sum(_ values: UnsafePointer<Float>, count: Int) -> Float {
    var (a, b, c, d) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    let whole = count / 64 * 64
    for index in stride(from: 0, to: whole, by: 64) {
      a += values.vector(at: index)
      b += values.vector(at: index + 16)
      c += values.vector(at: index + 32)
      d += values.vector(at: index + 48)
    }
    var sum = (a + b + c + d).sum()
    for index in whole..<count { sum += values[index] }
    return sum
  }
}
