import SRFiles
import SRKernels
import SRLosses
import SRModels
import Synchronization

/// The features that one frozen network has of the run's targets. They are kept as soon as a ``FeatureCache`` gives them files.
final class TargetFeatures: TargetFeatureStore {
  /// The place that the network has in the loss or among the metrics, such as `lpips_vgg` or `metric-lpips`.
  let name: String
  let network: FeatureNetwork
  /// The name of the network's weight file.
  let weights: String
  /// The network's input, and the form in which its features are compared.
  let form: String
  /// Whether the network sees the training images too.
  let isForTraining: Bool
  private let files = Mutex<Files?>(nil)

  /// The files of all parts, and what happens to them.
  struct Files: Sendable {
    let parts: [SampleIdentity.Part: PartFiles]
    let trouble: FeatureCacheTrouble
  }

  /// The files of one part of the data.
  struct PartFiles: Sendable {
    /// Images. Their other orientations follow them, in the order of ``SampleIdentity/Orientation/number``.
    let count: Int
    /// By tap: a file, and how many of its first entries are kept. Nil for a tap that is not kept.
    let taps: [(file: EntryFile, kept: Int)?]
  }

  init(name: String, network: FeatureNetwork, weights: String, form: String, isForTraining: Bool) {
    self.name = name
    self.network = network
    self.weights = weights
    self.form = form
    self.isForTraining = isForTraining
  }

  /// Keeps features in these files from now on; nil to keep none.
  func use(_ files: Files?) { self.files.withLock { $0 = files } }

  func place(of pair: ImagePair) -> (any TargetFeaturePlace)? {
    // A fresh crop is hardly ever seen again.
    guard let identity = pair.identity, identity.crop == nil, let files = files.withLock({ $0 }),
      let part = files.parts[identity.part]
    else { return nil }
    // The pixels, not the index alone, name the target: the data may change on the disk while the run reads them.
    let hash = SHA256()
    hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: pair.highRes, count: pair.shape.count)))
    return Place(
      taps: part.taps, trouble: files.trouble,
      entry: identity.index + identity.orientation.number * part.count, source: hash.finalizeBytes())
  }

  private struct Place: TargetFeaturePlace {
    let taps: [(file: EntryFile, kept: Int)?]
    let trouble: FeatureCacheTrouble
    let entry: Int
    let source: [UInt8]

    /// The tap's file, if this target's features are kept in it.
    private func file(_ tap: Int) -> EntryFile? {
      guard let tap = taps[tap], entry < tap.kept else { return nil }
      return tap.file
    }

    func lacks(_ tap: Int) -> Bool { file(tap) != nil && !trouble.endsWriting && !holds(tap) }

    func holds(_ tap: Int) -> Bool {
      guard let file = file(tap) else { return false }
      do {
        return try file.holds(entry, source: source)
      } catch {
        trouble.report("\(error)")
        return false
      }
    }

    func read(_ tap: Int, into features: UnsafeMutableBufferPointer<Float>) -> Bool {
      guard let file = file(tap) else { return false }
      do {
        if try file.read(entry, source: source, into: UnsafeMutableRawBufferPointer(features)) { return true }
        trouble.report("\(file.path) has damaged entries. They are computed and written again")
      } catch {
        trouble.report("\(error)")
      }
      return false
    }

    func write(_ tap: Int, _ features: UnsafeBufferPointer<Float>) {
      do {
        try trouble.checkReserve()
        try file(tap)?.write(entry, source: source, UnsafeRawBufferPointer(features))
      } catch {
        trouble.endWriting(because: error)
      }
    }
  }
}

/// What goes wrong with the files of kept features. None of it ends the run.
final class FeatureCacheTrouble: Sendable {
  /// The disk that a run's checkpoints need too, and the bytes that stay free on it.
  struct Reserve {
    let folder: String
    let bytes: Int
  }

  private struct State {
    var endsWriting = false
    var texts: [String] = []
    var reported: Set<String> = []
  }
  private let state = Mutex(State())
  private let reserve: Reserve?

  init(reserve: Reserve?) { self.reserve = reserve }

  /// Throws ``FileError`` if less than the reserve is free.
  func checkReserve() throws {
    if let reserve { try WriteAccess.checkSpace(reserve.bytes, at: reserve.folder) }
  }

  /// Whether nothing is written any more, because a write failed.
  var endsWriting: Bool { state.withLock { $0.endsWriting } }

  /// Each text is told once.
  func report(_ text: String) {
    state.withLock { if $0.reported.insert(text).inserted { $0.texts.append(text) } }
  }

  /// Only the first error counts.
  func endWriting(because error: any Error) {
    let isFirst = state.withLock { state in
      defer { state.endsWriting = true }
      return !state.endsWriting
    }
    if isFirst { report("no more features of targets are kept, and they are computed each time: \(error)") }
  }

  /// What was reported since the last call.
  func take() -> [String] {
    state.withLock { state in
      defer { state.texts = [] }
      return state.texts
    }
  }
}
