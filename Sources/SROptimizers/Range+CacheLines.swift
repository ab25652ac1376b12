extension Range<Int> {
  /// Whether floats of these indices fill cache lines of 64 bytes, which the flat kernels take one by one.
  var isWholeCacheLines: Bool { lowerBound % 16 == 0 && count % 16 == 0 }
}
