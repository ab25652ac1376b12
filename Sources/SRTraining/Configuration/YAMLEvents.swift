internal import CYaml
import Yams

/// libyaml's events.
final class YAMLEvents {
  enum Event {
    case scalar(SettingValue, line: Int)
    case mapping(line: Int)
    case list(line: Int)
    /// The end of the text.
    case end
    /// The text's start, a document's start, or the end of something.
    case other
  }

  /// The line of the last event, from 1.
  private(set) var line = 1
  private let bytes: UnsafeBufferPointer<UInt8>
  private let origin: String
  /// The parser points to itself, so its address must not change.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)

  /// - Parameter bytes: UTF-8. The caller keeps the memory.
  init(_ bytes: UnsafeBufferPointer<UInt8>, origin: String) {
    self.bytes = bytes
    self.origin = origin
    guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func next() throws -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError }
    defer { yaml_event_delete(&event) }
    line = Int(event.start_mark.line) + 1
    switch event.type {
    case YAML_ALIAS_EVENT: throw reference("*", event.data.alias.anchor)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      if scalar.anchor != nil { throw reference("&", scalar.anchor) }
      return .scalar(Self.value(scalar), line: line)
    case YAML_MAPPING_START_EVENT:
      if let anchor = event.data.mapping_start.anchor { throw reference("&", anchor) }
      return .mapping(line: line)
    case YAML_SEQUENCE_START_EVENT:
      if let anchor = event.data.sequence_start.anchor { throw reference("&", anchor) }
      return .list(line: line)
    case YAML_STREAM_END_EVENT: return .end
    default: return .other
    }
  }

  func error(_ line: Int, _ problem: String) -> ConfigurationError {
    ConfigurationError("\(origin):\(line): \(problem)")
  }

  private typealias Scalar = yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar

  private static func value(_ scalar: Scalar) -> SettingValue {
    let text = String(
      decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    // Text in quotes is a text. A tag such as `!!int` says what a scalar is.
    let tag =
      scalar.quoted_implicit == 1 ? Tag.Name.str : scalar.tag.map { Tag.Name(rawValue: String(cString: $0)) }
    return SettingValue(Node.Scalar(text, Tag(tag ?? .implicit)))
  }

  private func reference(_ sign: String, _ name: UnsafePointer<UInt8>?) -> ConfigurationError {
    let name = name.map { String(cString: $0) } ?? ""
    return error(
      line,
      "'\(sign)\(name)' is \(sign == "*" ? "an alias" : "an anchor"), and a settings file has neither anchors nor "
        + "aliases. Write the value itself. If it is a text that begins with '\(sign)', put it in quotes")
  }

  private var syntaxError: ConfigurationError {
    let parser = parser.pointee
    let problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
    if parser.error == YAML_READER_ERROR {
      // The reader knows the byte, but not the line.
      let before = bytes.prefix(Int(parser.problem_offset))
      return error(before.count { $0 == UInt8(ascii: "\n") } + 1, "not valid YAML: \(problem)")
    }
    let context = parser.context.map { ", \(String(cString: $0))" } ?? ""
    return error(Int(parser.problem_mark.line) + 1, "not valid YAML: \(problem)\(context)")
  }
}
