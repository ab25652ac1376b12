extension Sequence<Double> {
  /// The middle one of the sorted values; of an even number of values, the larger one of the middle two.
  ///
  /// Precondition: there is a value.
  package var median: Double {
    let sorted = sorted()
    precondition(!sorted.isEmpty, "no values have no median")
    return sorted[sorted.count / 2]
  }
}
