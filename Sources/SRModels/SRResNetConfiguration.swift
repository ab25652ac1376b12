/// The generator's hyperparameters. The defaults are the paper's.
package struct SRResNetConfiguration: Sendable, Equatable {
  package var channels = 64
  package var blocks = 16
  /// Squeeze-and-excitation's reduction; nil for the vanilla model.
  package var attentionReduction: Int?
  /// Doublings of height and width.
  package var upsamplings = 2

  /// The paper's first model.
  package static let vanilla = SRResNetConfiguration(attentionReduction: nil)
  /// The paper's second model: squeeze-and-excitation in every residual block.
  package static let attention = SRResNetConfiguration(attentionReduction: 16)

  /// Height of the output over height of the input.
  package var scale: Int { 1 << upsamplings }

  package init(attentionReduction: Int?) { self.attentionReduction = attentionReduction }
}
