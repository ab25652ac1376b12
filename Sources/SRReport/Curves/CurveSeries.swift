/// The epochs of one run, and what it is called in a picture's legend.
public struct CurveSeries: Equatable, Sendable {
  public var name: String
  public var epochs: [EpochRecord]

  public init(name: String, epochs: [EpochRecord]) {
    self.name = name
    self.epochs = epochs
  }
}
