extension Sequence<Double> {
  /// The middle one of the sorted values; of an even number of values, the larger one of the middle two.
  ///
  /// Precondition: there is a value.
  package var median: Double {
    let sorted = sorted()
    precondition(!sorted.isEmpty, "the median of no values was asked for")
    return sorted[sorted.count / 2]
  }
}
