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
