import SRKernels
import SRProcess
import SRTensor
import Synchronization

/// The passes of one picture through a network, by all workers of a pool together.
///
/// Workers take the parts of a task one by one, and all of them finish a task before any begins the next one.
final class InferenceRun: @unchecked Sendable {
  private let plan: InferencePlan
  private let prepared: PreparedNetwork
  private let weights: ParameterArena
  private let set: any KernelSet
  private let pool: WorkerPool
  private let memory: UnsafeMutablePointer<Float>
  private let picture: UnsafePointer<Float>
  private let progress: @Sendable () -> Void

  private enum Work {
    /// Moves the rows that the windows keep to the windows' beginning.
    case keepRows
    case step(index: Int, rows: Range<Int>)
    case pool(gate: Int, pixels: Range<Int>)
    /// The factors of a gate, from its sums.
    case closeGate(Int)
  }

  private struct BandJob {
    let phase: Int
    let iteration: Int
    let work: Work
    let parts: Int
  }

  /// - Parameters:
  ///   - memory: of ``InferencePlan/count`` floats. It and the picture outlive the run.
  ///   - progress: called on one worker after each job.
  init(
    _ plan: InferencePlan, _ prepared: PreparedNetwork, _ weights: ParameterArena, kernels: any KernelSet,
    pool: WorkerPool, memory: UnsafeMutablePointer<Float>, picture: UnsafePointer<Float>,
    progress: @escaping @Sendable () -> Void
  ) {
    self.plan = plan
    self.prepared = prepared
    self.weights = weights
    set = kernels
    self.pool = pool
    self.memory = memory
    self.picture = picture
    self.progress = progress
  }

  func run(strip: (_ rows: Range<Int>, _ values: UnsafePointer<Float>) throws -> Void) throws {
    var tasks: [BandJob] = []
    for (number, phase) in plan.phases.enumerated() {
      for step in phase.phase.steps {
        guard case .gatedAdd(let gate) = plan.program.steps[step].operation else { continue }
        tasks.append(BandJob(phase: number, iteration: 0, work: .closeGate(gate), parts: 1))
      }
      for iteration in phase.schedule.iterations.indices {
        appendTasks(of: iteration, phase: number, to: &tasks)
        guard phase.phase.makesResult else { continue }
        try perform(tasks)
        tasks = []
        let position = phase.phase.steps.firstIndex {
          plan.program.steps[$0].destination == plan.program.result
        }
        let rows = phase.schedule.iterations[iteration].rows[position!]
        guard !rows.isEmpty else { continue }
        let (result, count) = (plan.program.result, plan.geometry.rowCount(plan.program.result))
        try strip(rows, UnsafePointer(base(result, number, iteration) + rows.lowerBound * count))
      }
    }
    try perform(tasks)
  }

  private func appendTasks(of iteration: Int, phase number: Int, to tasks: inout [BandJob]) {
    let phase = plan.phases[number]
    let rows = phase.schedule.iterations[iteration].rows
    func append(_ work: Work, parts: Int) {
      tasks.append(BandJob(phase: number, iteration: iteration, work: work, parts: parts))
    }
    if iteration > 0, !phase.windows.isEmpty { append(.keepRows, parts: phase.windows.count) }
    for (position, index) in phase.phase.steps.enumerated() where !rows[position].isEmpty {
      let step = plan.program.steps[index]
      let range = rows[position]
      append(.step(index: index, rows: range), parts: parts(index, range))
      for (place, gate) in phase.phase.pooled.enumerated()
      where plan.program.gates[gate].map == step.destination {
        append(
          .pool(gate: gate, pixels: phase.schedule.iterations[iteration].pooled[place]),
          parts: plan.program.maps[step.destination].channels / 16)
      }
    }
  }

  private func elementwiseParts(_ map: Int, _ rows: Range<Int>) -> Int {
    // At least about 100 KB for a part.
    (rows.count * plan.geometry.rowCount(map)).parts(of: 1 << 15, threads: pool.count)
  }

  private func parts(_ index: Int, _ rows: Range<Int>) -> Int {
    let step = plan.program.steps[index]
    switch step.operation {
    case .convolution(let convolution):
      return plan.geometry.kernels[index]!.forwardParts(
        rows: sourceGrid(convolution, rows), threads: pool.count)
    case .windowMeans: return plan.program.maps[step.destination].channels / 16
    case .add, .gatedAdd, .locallyGatedAdd, .shuffleAdd: return elementwiseParts(step.destination, rows)
    }
  }

  /// Rows of a convolution's destination before the shuffle.
  private func sourceGrid(_ convolution: InferenceProgram.Convolution, _ rows: Range<Int>) -> Range<Int> {
    rows.lowerBound / convolution.shuffleFactor..<rows.upperBound / convolution.shuffleFactor
  }

  private func perform(_ tasks: [BandJob]) throws {
    guard !tasks.isEmpty else { return }
    let barrier = SpinBarrier(count: pool.count)
    let workers = pool.count
    let next = Atomic(0)
    try pool.run { [self] worker in
      // Each worker takes one ticket too many of each task, so that all know where the next task's tickets begin.
      var first = 0
      for task in tasks {
        while true {
          let part = next.add(1, ordering: .relaxed).oldValue - first
          guard part < task.parts else { break }
          perform(task, part: part, scratch: memory + plan.scratch[worker])
        }
        first += task.parts + workers
        barrier.wait()
        if worker == 0 { progress() }
      }
    }
  }

  /// Where a map would begin if it were there as a whole.
  private func base(_ map: Int, _ phase: Int, _ iteration: Int) -> UnsafeMutablePointer<Float> {
    if map == 0 { return UnsafeMutablePointer(mutating: picture) }
    if let window = plan.phases[phase].windows[map] {
      let first = plan.phases[phase].schedule.iterations[iteration].firstRows[map]!
      return memory + window - first * plan.geometry.rowCount(map)
    }
    return memory + plan.saved[map]!
  }

  private func perform(_ task: BandJob, part: Int, scratch: UnsafeMutablePointer<Float>) {
    func map(_ map: Int) -> UnsafeMutablePointer<Float> { base(map, task.phase, task.iteration) }
    switch task.work {
    case .keepRows: keepRows(task, window: part)
    case .step(let index, let rows): perform(index, rows, task, part: part, scratch: scratch)
    case .pool(let gate, let pixels):
      let source = plan.program.gates[gate].map
      let sums = self.sums(plan.gateSums[gate])
      if pixels.lowerBound == 0 { (sums + 16 * part).update(repeating: 0, count: 16) }
      set.addPixels(
        map(source), pixels: pixels, channels: plan.program.maps[source].channels, group: part, to: sums)
    case .closeGate(let gate): closeGate(gate)
    }
  }

  private func sums(_ place: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(memory + place).assumingMemoryBound(to: Double.self)
  }

  private func pixels(_ map: Int, _ rows: Range<Int>) -> Range<Int> {
    let width = plan.geometry.widthOf(map)
    return rows.lowerBound * width..<rows.upperBound * width
  }

  private func keepRows(_ task: BandJob, window: Int) {
    let phase = plan.phases[task.phase]
    let map = phase.windows.keys.sorted()[window]
    let (before, now) = (
      phase.schedule.iterations[task.iteration - 1], phase.schedule.iterations[task.iteration]
    )
    let (old, new) = (before.firstRows[map]!, now.firstRows[map]!)
    let position = phase.phase.steps.firstIndex { plan.program.steps[$0].destination == map }!
    let count = plan.geometry.rowCount(map)
    let kept = now.rows[position].lowerBound - new
    guard new > old, kept > 0 else { return }
    let place = memory + phase.windows[map]!
    place.update(from: place + (new - old) * count, count: kept * count)
  }

  /// The factors take the place of the sums.
  private func closeGate(_ number: Int) {
    let gate = plan.program.gates[number]
    let sums = self.sums(plan.gateSums[number])
    let pixels = Float(plan.geometry.heightOf(gate.map) * plan.geometry.widthOf(gate.map))
    let means = (0..<plan.program.maps[gate.map].channels).map { Float(sums[$0]) / pixels }
    let factors = gate.factors(means: means, weights)
    (memory + plan.gateSums[number]).update(from: factors, count: factors.count)
  }

  private func perform(
    _ index: Int, _ rows: Range<Int>, _ task: BandJob, part: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let step = plan.program.steps[index]
    func map(_ map: Int) -> UnsafeMutablePointer<Float> { base(map, task.phase, task.iteration) }
    let destination = map(step.destination)
    let channels = plan.program.maps[step.destination].channels
    let source = map(step.sources[0])
    func second() -> UnsafeMutablePointer<Float> { map(step.sources[1]) }
    var range: Range<Int> { pixels(step.destination, rows).part(part, of: task.parts) }

    switch step.operation {
    case .convolution(let convolution):
      let values = prepared.convolutions[index]!
      plan.geometry.kernels[index]!.forward(
        ConvolutionSource(source), rows: sourceGrid(convolution, rows), part: part, of: task.parts,
        preparedWeights: values.weights, epilogue: values.epilogue, destination: destination, scratch: scratch
      )
    case .windowMeans:
      windowMeans(index, rows, source, into: destination, channels: channels, group: part)
    case .add:
      let (range, second) = (range, second())
      let start = range.lowerBound * channels
      set.add(
        source + start, second + start, destination: destination + start, count: range.count * channels)
    case .gatedAdd(let gate):
      let (range, second) = (range, second())
      let start = range.lowerBound * channels
      set.scaleChannelsAndAdd(
        image: second + start, scales: memory + plan.gateSums[gate], identity: source + start,
        destination: destination + start, pixels: range.count, channels: channels)
    case .locallyGatedAdd(let gate):
      let (range, second, means) = (range, second(), map(step.sources[2]))
      for first in stride(from: range.lowerBound, to: range.upperBound, by: PixelGate.block) {
        let (count, start) = (min(PixelGate.block, range.upperBound - first), first * channels)
        let factors = prepared.gates[gate].factors(
          means: means + start, pixels: count, kernels: set, scratch: scratch)
        set.scaleAndAdd(
          image: second + start, scales: factors, identity: source + start,
          destination: destination + start, count: count * channels)
      }
    case .shuffleAdd(let factor):
      let rows = (rows.lowerBound / factor..<rows.upperBound / factor).part(part, of: task.parts)
      guard !rows.isEmpty else { return }
      let shape = ImageShape(
        height: rows.count, width: plan.geometry.widthOf(step.sources[1]), channels: channels)
      let start = rows.lowerBound * shape.width * channels
      set.shufflePixels(
        source + start * factor * factor, factor: factor, addingTo: second() + start, shape,
        destination: destination + start * factor * factor)
    }
  }

  /// Means of rows that follow the rows of the call before.
  private func windowMeans(
    _ step: Int, _ rows: Range<Int>, _ source: UnsafePointer<Float>,
    into destination: UnsafeMutablePointer<Float>, channels: Int, group: Int
  ) {
    let geometry = plan.geometry
    let sums = self.sums(plan.windowSums[step]!)
    let count = geometry.width * channels
    func move(entering: Int, leaving: Int?) {
      set.moveWindows(
        entering: source + entering * count, leaving: leaving.map { source + $0 * count },
        width: geometry.width, channels: channels, group: group, sums: sums)
    }
    for row in rows {
      let top = geometry.windowTop(row)
      if row == 0 {
        for x in 0..<geometry.width { (sums + x * channels + 16 * group).update(repeating: 0, count: 16) }
        for row in 0..<geometry.windowRows { move(entering: row, leaving: nil) }
      } else if top > geometry.windowTop(row - 1) {
        move(entering: top + geometry.windowRows - 1, leaving: top - 1)
      }
      set.windowMeans(
        sums, width: geometry.width, channels: channels, group: group, rows: geometry.windowRows,
        columns: geometry.windowColumns, means: destination + row * count)
    }
  }
}
