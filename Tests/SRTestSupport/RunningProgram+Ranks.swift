import Foundation

extension RunningProgram {
  package struct NotReached: Error, CustomStringConvertible {
    package let description: String
  }

  /// Waits until `condition` holds, while the program runs.
  package func wait(until condition: () -> Bool, timeLimit: TimeInterval = 120) throws {
    let deadline = Date(timeIntervalSinceNow: timeLimit)
    while !condition() {
      guard isRunning else { throw NotReached(description: "the program ended early: \(try wait())") }
      guard Date() < deadline else { throw NotReached(description: "not reached within \(timeLimit) s") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Sends a signal to one rank alone; this program is mpirun.
  package func kill(_ signal: Int32, rank: Int) throws {
    let list = "/proc/\(processIdentifier)/task/\(processIdentifier)/children"
    let children = try String(contentsOfFile: list, encoding: .utf8).split(separator: " ").compactMap {
      Int32($0)
    }
    let child = children.first { child in
      let environment = (try? String(contentsOfFile: "/proc/\(child)/environ", encoding: .utf8)) ?? ""
      return environment.split(separator: "\0").contains("OMPI_COMM_WORLD_RANK=\(rank)")
    }
    guard let child else { throw NotReached(description: "rank \(rank) does not run") }
    _ = Foundation.kill(child, signal)
  }
}
