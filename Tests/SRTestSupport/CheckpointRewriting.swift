import Foundation
import SRFiles

/// Changes a checkpoint's state as no disk does: afterwards the checksums are right.
package enum CheckpointRewriting {
  /// Sets a number of `state.json`.
  ///
  /// - Parameters:
  ///   - field: its keys, such as `best.epoch`. A number is an index of a list.
  ///   - value: JSON, such as `-1` or `"NaN"`.
  package static func setState(of checkpoint: String, _ field: String, to value: String) throws {
    let marker = "value to be set"
    let state = URL(fileURLWithPath: "\(checkpoint)/state.json")
    var object = try JSONSerialization.jsonObject(with: Data(contentsOf: state))
    set(&object, field.split(separator: ".").map(String.init)[...], to: marker)
    let text = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    try Data(text.replacingOccurrences(of: "\"\(marker)\"", with: value).utf8).write(to: state)

    let checksums = "\(checkpoint)/checksums.json"
    var files = try ReadableJSON.decode([String: [String: FileDigest]].self, fromFile: checksums)
    files["files"]?["state.json"] = try FileDigest(ofFile: state.path)
    try Data(ReadableJSON.encode(files, .indented)).write(to: URL(fileURLWithPath: checksums))
  }

  private static func set(_ object: inout Any, _ keys: ArraySlice<String>, to value: Any) {
    guard let key = keys.first else {
      object = value
      return
    }
    if var list = object as? [Any], let index = Int(key) {
      set(&list[index], keys.dropFirst(), to: value)
      object = list
    } else if var members = object as? [String: Any], var member = members[key] {
      set(&member, keys.dropFirst(), to: value)
      members[key] = member
      object = members
    } else {
      preconditionFailure("the state has no \(keys)")
    }
  }
}
