/// The key of a number that a record carries beyond its own fields.
struct MetricKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }

  /// Every number of the object under a key that is not one of `known`.
  static func metrics(in decoder: any Decoder, besides known: [String]) throws -> [String: Double] {
    let container = try decoder.container(keyedBy: MetricKey.self)
    var metrics: [String: Double] = [:]
    for key in container.allKeys where !known.contains(key.stringValue) {
      // Texts and lists under unknown keys belong to another program, and are ignored.
      if let value = try? container.decode(Double.self, forKey: key) { metrics[key.stringValue] = value }
    }
    return metrics
  }

  static func encode(_ metrics: [String: Double], to encoder: any Encoder, besides known: [String]) throws {
    var container = encoder.container(keyedBy: MetricKey.self)
    for (name, value) in metrics {
      precondition(!known.contains(name), "the metric \(name) has the name of a field")
      try container.encode(value, forKey: MetricKey(name))
    }
  }
}
