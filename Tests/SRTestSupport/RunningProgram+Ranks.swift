import Foundation

extension RunningProgram {
  package struct NotReached: Error, CustomStringConvertible {
    package let description: String
  }

  /// Waits until `condition` holds, while the program runs.
  package func wait(until condition: () -> Bool) throws {
    try Self.wait(until: {
      if condition() { return true }
      guard isRunning else { throw NotReached(description: "the program ended early: \(try wait())") }
      return false
    })
  }

  /// Waits until `condition` holds.
  package static func wait(until condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(timeLimit)
    while try !condition() {
      guard ContinuousClock.now < deadline else {
        throw NotReached(description: "not reached within \(timeLimit) s")
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// The ranks that are alive. Precondition: this program is mpirun.
  package var ranks: [Int32] {
    let list = "/proc/\(processIdentifier)/task/\(processIdentifier)/children"
    let children = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
    return children.split(separator: " ").compactMap { Int32($0) }.filter(Self.isAlive)
  }

  /// Whether a process is alive. A process that has ended is not, even if its parent has not waited for it.
  package static func isAlive(_ process: Int32) -> Bool {
    let facts = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    // The state follows the name, which is in parentheses. Z means that the process has ended.
    return facts.split(separator: ")").last.map { !$0.hasPrefix(" Z") } ?? false
  }

  /// Sends a signal to one rank only. Precondition: this program is mpirun.
  package func kill(_ signal: Int32, rank: Int) throws {
    let process = ranks.first { process in
      let environment = (try? String(contentsOfFile: "/proc/\(process)/environ", encoding: .utf8)) ?? ""
      return environment.split(separator: "\0").contains("OMPI_COMM_WORLD_RANK=\(rank)")
    }
    guard let process else { throw NotReached(description: "rank \(rank) does not run") }
    _ = Foundation.kill(process, signal)
  }
}
