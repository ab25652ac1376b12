/// The generator's hyperparameters. The defaults are the paper's.
public struct SRResNetConfiguration: Sendable, Equatable {
  public var channels = 64
  public var blocks = 16
  /// Squeeze-and-excitation's reduction; nil for the vanilla model.
  public var attentionReduction: Int?
  /// Doublings of height and width.
  public var upsamplings = 2

  /// The paper's first model.
  public static let vanilla = SRResNetConfiguration(attentionReduction: nil)
  /// The paper's second model: squeeze-and-excitation in every residual block.
  public static let attention = SRResNetConfiguration(attentionReduction: 16)

  /// Height of the output over height of the input.
  public var scale: Int { 1 << upsamplings }

  public init(attentionReduction: Int?) { self.attentionReduction = attentionReduction }
}
