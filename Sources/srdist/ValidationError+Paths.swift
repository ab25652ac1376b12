import ArgumentParser

extension ValidationError {
  /// Refuses an empty path. An unset shell variable gives one, and files below it would lie in the root of the file system.
  static func checkPaths(_ paths: KeyValuePairs<String, String?>) throws {
    for (option, path) in paths where path?.isEmpty ?? false {
      throw ValidationError("\(option): a path is needed, and it is empty")
    }
  }
}
