import Logging

/// Log lines for people, on standard error: the message alone, after its level if that is not `info`.
struct ConsoleLogHandler: LogHandler {
  let console: Console
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let prefix = event.level == .info ? "" : "\(event.level): "
    let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    console.print("\(prefix)\(event.message)\(details)")
  }
}

extension Logger {
  /// A logger that prints on rank 0 and is silent on all other ranks.
  static func console(_ console: Console, rank: Int, level: Logger.Level = .info) -> Logger {
    Logger(label: "srdist") { _ -> any LogHandler in
      if rank == 0 { return ConsoleLogHandler(console: console, logLevel: level) }
      return SwiftLogNoOpLogHandler()
    }
  }
}
