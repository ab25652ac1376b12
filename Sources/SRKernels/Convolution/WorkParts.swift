// Work that threads share, in parts.

extension Int {
  /// Into how many parts threads best divide this many items, if a part should have about `size` of them: as many for each
  /// thread as for any other one.
  package func parts(of size: Int, threads: Int) -> Int {
    let parts = Swift.max(1, (self + size - 1) / size)
    return (parts + threads - 1) / threads * threads
  }
}

extension Range<Int> {
  /// One of `parts` equal parts, which may be empty. All parts but the last end after a multiple of `unit` items.
  package func part(_ part: Int, of parts: Int, unit: Int = 1) -> Range<Int> {
    func bound(_ part: Int) -> Int {
      part == parts ? upperBound : lowerBound + (count * part / parts + unit / 2) / unit * unit
    }
    return Swift.min(bound(part), upperBound)..<Swift.min(bound(part + 1), upperBound)
  }
}
