import Foundation
import SRFiles
import SRLayers
import Synchronization

/// Times each layer's passes, and notes the size of each output. Reports the first value that is not finite at once.
///
/// A layer's time runs from the previous layer's end on the same thread. So a small pass between two named layers counts
/// towards the second one.
final class LayerProfile: LayerObserver {
  /// Sums over all passes so far.
  struct Entry: Sendable {
    let name: String
    var forwardSeconds = 0.0
    var backwardSeconds = 0.0
    var passes = 0
    /// Bytes of the layer's output.
    var bytes = 0
  }

  private struct State {
    var entries: [Entry] = []
    var lastEvent: [ObjectIdentifier: ContinuousClock.Instant] = [:]
    var hasReported = false
  }

  private let state = Mutex(State())
  private let onNotFinite: @Sendable (_ layer: String) -> Void

  init(onNotFinite: @escaping @Sendable (_ layer: String) -> Void) { self.onNotFinite = onNotFinite }

  /// The layers, in the order in which they first ran.
  var entries: [Entry] { state.withLock { $0.entries } }

  func passBegins() {
    let thread = ObjectIdentifier(Thread.current)
    state.withLock { $0.lastEvent[thread] = .now }
  }

  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int) {
    let now = ContinuousClock.now
    let isFinite = UnsafeBufferPointer(start: values, count: count).allSatisfy(\.isFinite)
    let thread = ObjectIdentifier(Thread.current)
    let isFirstBad = state.withLock { state -> Bool in
      let elapsed = state.lastEvent[thread].map { (now - $0).seconds } ?? 0
      let index = state.entries.firstIndex { $0.name == name } ?? state.entries.endIndex
      if index == state.entries.endIndex { state.entries.append(Entry(name: name)) }
      switch pass {
      case .forward:
        state.entries[index].forwardSeconds += elapsed
        state.entries[index].passes += 1
        state.entries[index].bytes = count * MemoryLayout<Float>.stride
      case .backward:
        state.entries[index].backwardSeconds += elapsed
      }
      // The check above does not count towards the layer's time.
      state.lastEvent[thread] = .now
      defer { if !isFinite { state.hasReported = true } }
      return !isFinite && !state.hasReported
    }
    if isFirstBad { onNotFinite("\(name), \(pass.rawValue) pass") }
  }

  /// Milliseconds per image and the size of the output, layer by layer.
  var table: TextTable {
    var table = TextTable([.left, .right, .right, .right])
    table.append(["layer", "forward ms", "backward ms", "output MiB"])
    for row in entries {
      let perPass = 1000 / Double(max(row.passes, 1))
      table.append([
        row.name, (row.forwardSeconds * perPass).fixed(2), (row.backwardSeconds * perPass).fixed(2),
        (Double(row.bytes) / 1_048_576).fixed(2),
      ])
    }
    return table
  }
}
