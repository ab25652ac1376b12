import SRKernels
import SRLayers
import SRModels
import SRProcess
import SRTensor
import Synchronization

/// A network that enlarges pictures of any size.
///
/// A picture goes through the network in bands of rows, which all workers share. Every kernel is the whole picture's, so the
/// result has the bits of the whole picture, for any number of workers and any bound on the memory.
package final class NetworkInference: Sendable {
  /// Over what squeeze-and-excitation takes its means.
  package enum Pooling: String, CaseIterable, Sendable {
    /// The whole picture.
    case global
    /// A window around each pixel, of one and a half times the size of the pictures that the network was trained on.
    ///
    /// Chu et al.: "Improving image restoration by revisiting global information aggregation" (2022).
    case local

    /// What is used unless a user says otherwise. UPSCALING.md has the measurements.
    package static let standard = Pooling.global
  }

  package let model: ModelDescription
  private let graph: NetworkGraph
  private let pooling: Pooling
  private let memory: Int?
  private let weights: ParameterArena
  private let kernels: any KernelSet
  private let pool: WorkerPool
  private let progress: @Sendable () -> Void
  /// What the last picture used, for a next one of the same size.
  private let last = Mutex<Session?>(nil)

  private struct Session: Sendable {
    let height: Int
    let width: Int
    let plan: InferencePlan
    let prepared: PreparedNetwork
    let memory: AlignedBuffer
  }

  /// Rows and columns of a window of local pooling: one and a half times the 32 pixels of a training picture.
  private static let window = 48

  /// - Parameters:
  ///   - weights: an arena of the network's parameters alone.
  ///   - memory: the bytes that a picture's maps, the prepared weights and all temporaries may take together; nil for no limit.
  ///   - progress: called on a worker whenever a picture gets on: after each layer of each band of rows.
  package init(
    _ model: ModelDescription, graph: NetworkGraph, weights: ParameterArena, pooling: Pooling = .standard,
    memory: Int?, kernels: any KernelSet, pool: WorkerPool, progress: @escaping @Sendable () -> Void = {}
  ) {
    self.model = model
    self.graph = graph
    self.pooling = pooling
    self.memory = memory
    self.weights = weights
    self.kernels = kernels
    self.pool = pool
    self.progress = progress
  }

  /// The least bytes with which a picture can be enlarged, without the picture and the result.
  package func memoryNeeded(height: Int, width: Int) -> Int {
    memoryNeeded(geometry(height: height, width: width, pooling))
  }

  private func memoryNeeded(_ geometry: InferenceGeometry) -> Int {
    InferencePlan.leastBytes(geometry.program, geometry, threads: pool.count)
  }

  private func geometry(height: Int, width: Int, _ pooling: Pooling) -> InferenceGeometry {
    precondition(height > 0 && width > 0, "a picture cannot have \(width)x\(height) pixels")
    // Windows that hold the whole picture pool globally.
    let isWhole = max(height, width) <= Self.window
    return InferenceGeometry(
      InferenceProgram(
        graph, inputChannels: model.inputChannels, pooling: isWhole ? .global : pooling),
      height: height, width: width, window: Self.window, kernels: kernels)
  }

  /// Enlarges one picture.
  ///
  /// - Parameters:
  ///   - picture: [height, width, channels], 0...1.
  ///   - strip: takes rows of the result, [rows, scale * width, channels], unclamped, from the first row to the last. The values
  ///     are valid during the call.
  /// - Throws: ``InferenceMemoryError`` before any work; what `strip` throws.
  package func enlarge(
    _ picture: UnsafePointer<Float>, height: Int, width: Int,
    strip: (_ rows: Range<Int>, _ values: UnsafePointer<Float>) throws -> Void
  ) throws {
    let session = try session(height: height, width: width)
    try withExtendedLifetime(session) {
      try InferenceRun(
        session.plan, session.prepared, weights, kernels: kernels, pool: pool, memory: session.memory.pointer,
        picture: picture, progress: progress
      ).run(strip: strip)
    }
  }

  private func session(height: Int, width: Int) throws -> Session {
    let old = last.withLock { $0 }
    if let old, old.height == height, old.width == width { return old }
    let geometry = geometry(height: height, width: width, pooling)
    guard
      let plan = InferencePlan.best(geometry.program, geometry, threads: pool.count, within: memory)
    else {
      let local = self.geometry(height: height, width: width, .local)
      throw InferenceMemoryError(
        height: height, width: width, needed: memoryNeeded(geometry), available: memory ?? .max,
        neededByLocalPooling: pooling == .local || geometry.program.gates.isEmpty ? nil : memoryNeeded(local))
    }
    // The old maps go before the new ones come.
    var prepared = old.map { ($0.prepared, $0.plan) }
    if let (_, oldPlan) = prepared, oldPlan.program.steps.count != geometry.program.steps.count {
      prepared = nil
    }
    last.withLock { $0 = nil }
    let session = Session(
      height: height, width: width, plan: plan,
      prepared: try PreparedNetwork(plan, weights, pool: pool, from: prepared),
      memory: AlignedBuffer(count: plan.count))
    last.withLock { $0 = session }
    return session
  }
}
