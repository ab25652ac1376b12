extension NumPyHeader {
  /// How to make elements that a data set may have of elements of another type, for an error's text; empty if nobody can tell
  /// what the elements mean.
  var adviceForSamples: String {
    let type = elementType.drop { "<>=|".contains($0) }
    switch (type.first, Int(type.dropFirst())) {
    case ("b", 1): return "; save array.astype(numpy.float32)"
    case ("f", .some): return "; save array.astype('<f4')"
    case ("u", .some), ("i", .some):
      return
        "; save array.astype('<f4'), and give the values of black and of full intensity as --range LOW,HIGH"
    default: return ""
    }
  }

  /// How to make bytes of elements of another type, for an error's text; empty if nobody can tell what the elements mean.
  ///
  /// The type does not tell the range of the values. A conversion that is right for one range ruins values of another one:
  /// `astype` alone makes 0 and 1 of all intensities from 0 to 1.
  var adviceForBytes: String {
    let type = elementType.drop { "<>=|".contains($0) }
    let ranges: KeyValuePairs<String, String>
    switch (type.first, Int(type.dropFirst())) {
    case ("b", 1): return "; save array.astype(numpy.uint8) * 255"
    case ("f", .some):
      ranges = [
        "0...1": "(array * 255).round().clip(0, 255).astype(numpy.uint8)",
        "0...255": "array.round().clip(0, 255).astype(numpy.uint8)",
      ]
    case ("u", 2):
      ranges = [
        "0...65535": "(array >> 8).astype(numpy.uint8)", "0...255": "array.clip(0, 255).astype(numpy.uint8)",
      ]
    case ("u", let size?) where size > 2, ("i", let size?) where size > 1:
      ranges = ["0...255": "array.clip(0, 255).astype(numpy.uint8)"]
    default: return ""
    }
    let cases = ranges.map { "if its values are in \($0.key), save \($0.value)" }
    return "; keep the file, and in another folder: " + cases.joined(separator: "; ")
  }
}
