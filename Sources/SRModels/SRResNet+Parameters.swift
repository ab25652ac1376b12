import SRKernels
import SRLayers
import SRTensor

extension SRResNet {
  /// Brings the weights of the convolutions dealt to `part` of `parts` threads into the kernels' form; all parts
  /// together make one step's prepared weights.
  package func prepare(
    _ parameters: ParameterArena, into prepared: AlignedBuffer, forBackward: Bool, part: Int = 0,
    of parts: Int = 1
  ) {
    let convolutions = convolutions
    for index in stride(from: part, to: convolutions.count, by: parts) {
      convolutions[index].prepare(
        parameters: parameters.pointer, into: prepared.pointer, forBackward: forBackward)
    }
  }
}
