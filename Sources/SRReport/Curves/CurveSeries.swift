/// The epochs of one run, and what it is called in a picture's legend.
package struct CurveSeries: Equatable, Sendable {
  package var name: String
  package var epochs: [EpochRecord]

  package init(name: String, epochs: [EpochRecord]) {
    self.name = name
    self.epochs = epochs
  }
}
