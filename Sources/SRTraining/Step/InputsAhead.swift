import SRKernels
import SRProcess
import SRTensor

/// Makes degraded inputs of the next step while the current one runs, on a thread of low priority.
///
/// The thread gets what the workers leave: cores without a worker, and the time in which workers wait for other ranks. Nobody
/// waits for it. If it has not finished an input when a worker needs it, the worker makes the input. Both make the same bits.
package final class InputsAhead: Sendable {
  private let work = Work()

  /// - Parameters:
  ///   - floats: of an input.
  ///   - make: writes the input of a sample.
  /// - Throws: ``ThreadError``.
  package init(
    floats: Int, make: @escaping @Sendable (SampleIdentity, UnsafeMutablePointer<Float>) -> Void
  ) throws(ThreadError) {
    self.floats = floats
    try SystemThread.start("inputs ahead", hasLowPriority: true) { [work] in
      while let (batch, place) = work.next() {
        make(batch.samples[place], batch.input(place))
        work.finish(batch, place)
      }
    }
  }

  deinit { work.close() }

  private let floats: Int

  /// Bytes of the inputs of two steps of so many samples, the current one and the next.
  static func byteCount(floats: Int, samples: Int) -> Int {
    2 * samples * floats * MemoryLayout<Float>.stride
  }

  /// Begins to make the inputs of the next step. Those of the step before the current one are dropped.
  package func prepare(_ samples: [SampleIdentity]) { work.add(Batch(samples, floats: floats)) }

  /// Copies a sample's input, or says that the caller makes it.
  package func copy(_ sample: SampleIdentity, to input: UnsafeMutablePointer<Float>) -> Bool {
    guard let made = work.take(sample) else { return false }
    input.update(from: made.batch.input(made.place), count: floats)
    return true
  }
}

/// The inputs of a step.
private final class Batch: @unchecked Sendable {
  enum State { case open, begun, ready }

  let samples: [SampleIdentity]
  let places: [SampleIdentity: Int]
  // Guarded by the work's condition.
  var states: [State]
  private let floats: Int
  private let pixels: AlignedBuffer

  init(_ samples: [SampleIdentity], floats: Int) {
    self.samples = samples
    self.floats = floats
    places = Dictionary(zip(samples, samples.indices), uniquingKeysWith: { first, _ in first })
    states = samples.map { _ in .open }
    pixels = AlignedBuffer(count: samples.count * floats)
  }

  func input(_ place: Int) -> UnsafeMutablePointer<Float> { pixels.pointer + place * floats }
}

/// The batches of the current step and of the next one.
private final class Work: @unchecked Sendable {
  private let condition = Condition()
  // Guarded by `condition`.
  private var batches: [Batch] = []
  private var isClosed = false

  func add(_ batch: Batch) {
    condition.withLock {
      batches = batches.suffix(1) + [batch]
      condition.broadcast()
    }
  }

  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }

  /// Waits for an input that nobody has begun. Nil if the work is closed.
  func next() -> (batch: Batch, place: Int)? {
    condition.withLock {
      while !isClosed {
        for batch in batches {
          guard let place = batch.states.firstIndex(of: .open) else { continue }
          batch.states[place] = .begun
          return (batch, place)
        }
        condition.wait()
      }
      return nil
    }
  }

  func finish(_ batch: Batch, _ place: Int) { condition.withLock { batch.states[place] = .ready } }

  /// Where a sample's input lies. Nil if it is not ready; then nobody else begins it.
  func take(_ sample: SampleIdentity) -> (batch: Batch, place: Int)? {
    condition.withLock {
      for batch in batches {
        guard let place = batch.places[sample] else { continue }
        if batch.states[place] == .ready { return (batch, place) }
        batch.states[place] = .begun
      }
      return nil
    }
  }
}
