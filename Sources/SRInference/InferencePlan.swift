import SRKernels

/// How a network enlarges pictures of one size: phases, their order of rows, and the place of every map.
struct InferencePlan: Sendable {
  struct Phase: Sendable {
    let phase: InferencePhase
    let schedule: PhaseSchedule
    /// Places of the windows, by map.
    let windows: [Int: Int]
  }

  let program: InferenceProgram
  let geometry: InferenceGeometry
  let phases: [Phase]
  /// Places of the saved maps, by map.
  let saved: [Int: Int]
  /// Places of the column sums of each step of window means.
  let windowSums: [Int: Int]
  /// Places of each gate's sums, in double precision.
  let gateSums: [Int]
  /// Scratch memory of each thread.
  let scratch: [Int]
  /// Floats of all of the above.
  let count: Int
  /// Floats of prepared weights.
  let preparedCount: Int

  var bytes: Int { 4 * (count + preparedCount) }

  /// The plan for pictures of a size. Without a limit, or with one that is large enough, it is the fastest plan, else the
  /// fastest of those that fit; nil if none fits.
  static func best(
    _ program: InferenceProgram, _ geometry: InferenceGeometry, threads: Int, within bytes: Int?
  ) -> InferencePlan? {
    for recomputes in [false, true] {
      var windows = preferredWindowBytes
      while true {
        let plan = InferencePlan(
          program, geometry, threads: threads, recomputes: recomputes, windowBytes: windows)
        guard let bytes, plan.bytes > bytes else { return plan }
        // No plan has smaller windows than the one for no windows at all.
        if windows == 0 { break }
        windows = windows > 1 << 20 ? windows / 2 : 0
      }
    }
    return nil
  }

  /// The least bytes with which any plan does.
  static func leastBytes(_ program: InferenceProgram, _ geometry: InferenceGeometry, threads: Int) -> Int {
    [false, true].map {
      InferencePlan(program, geometry, threads: threads, recomputes: $0, windowBytes: 0).bytes
    }.min()!
  }

  /// Bytes of a phase's windows: what the caches hold.
  private static let preferredWindowBytes = 16 << 20
  /// Bytes of a window for each thread: a layer's source and destination stay in a core's second-level cache beside the weights.
  private static let nearWindowBytes = 384 << 10

  private init(
    _ program: InferenceProgram, _ geometry: InferenceGeometry, threads: Int, recomputes: Bool,
    windowBytes: Int
  ) {
    self.program = program
    self.geometry = geometry
    let phases = program.phases(recomputes: recomputes)
    let schedules = phases.map { phase in
      // With small bands, kernels that repeat rows would compute much twice.
      let near = phase.steps.count * threads * Self.nearWindowBytes
      let bytes = phase.steps.contains(where: geometry.repeatsRows) ? windowBytes : min(windowBytes, near)
      return Self.schedule(phase, program, geometry, windowBytes: bytes)
    }
    var memory = Memory()
    saved = Self.placeSavedMaps(phases, schedules, program, geometry, in: &memory)
    let first = memory.count
    var end = first
    self.phases = zip(phases, schedules).map { phase, schedule in
      // Phases use the same memory one after the other.
      memory.count = first
      var windows: [Int: Int] = [:]
      for (map, rows) in schedule.windowRows.sorted(by: { $0.key < $1.key }) {
        windows[map] = memory.take(rows * geometry.rowCount(map))
      }
      end = max(end, memory.count)
      return Phase(phase: phase, schedule: schedule, windows: windows)
    }
    memory.count = end
    var windowSums: [Int: Int] = [:]
    let firstSum = memory.count
    for phase in phases {
      memory.count = firstSum
      for index in phase.steps {
        guard case .windowMeans = program.steps[index].operation else { continue }
        windowSums[index] = memory.take(2 * geometry.rowCount(program.steps[index].destination))
      }
      end = max(end, memory.count)
    }
    memory.count = end
    self.windowSums = windowSums
    gateSums = program.gates.map { memory.take(2 * program.maps[$0.map].channels) }
    let scratchCount = max(
      geometry.kernels.map { $0?.forwardScratchCount ?? 0 }.max() ?? 0,
      windowSums.isEmpty ? 0 : program.gates.map(PixelGate.scratchCount).max() ?? 0)
    scratch = (0..<threads).map { _ in memory.take(scratchCount) }
    count = memory.count
    preparedCount =
      program.steps.indices.reduce(0) { sum, step in
        guard case .convolution(let convolution) = program.steps[step].operation else { return sum }
        return sum + PreparedConvolution.count(convolution, geometry.kernels[step]!)
      } + (windowSums.isEmpty ? 0 : program.gates.reduce(0) { $0 + PixelGate.count($1) })
  }

  /// The fewest bands whose windows take at most `windowBytes`; the most bands if none do.
  private static func schedule(
    _ phase: InferencePhase, _ program: InferenceProgram, _ geometry: InferenceGeometry, windowBytes: Int
  ) -> PhaseSchedule {
    var bands = windowBytes == 0 ? geometry.height : 1
    while true {
      let schedule = PhaseSchedule(phase, bands: bands, program, geometry)
      let bytes = 4 * schedule.windowRows.reduce(0) { $0 + $1.value * geometry.rowCount($1.key) }
      if bytes <= windowBytes || bands >= geometry.height { return schedule }
      bands = min(bands + (bands + 3) / 4, geometry.height)
    }
  }

  /// Saved maps take the place of maps that are read for the last time in the same phase, or earlier.
  private static func placeSavedMaps(
    _ phases: [InferencePhase], _ schedules: [PhaseSchedule], _ program: InferenceProgram,
    _ geometry: InferenceGeometry, in memory: inout Memory
  ) -> [Int: Int] {
    var places: [Int: Int] = [:]
    /// The maps that lie where a map lies, the latest one last.
    var holders: [(place: Int, count: Int, map: Int)] = []
    func lastRead(_ map: Int) -> Int { phases.lastIndex { $0.reads.contains(map) } ?? 0 }
    for (number, phase) in phases.enumerated() {
      for map in phase.saved {
        let count = geometry.heightOf(map) * geometry.rowCount(map)
        let free = holders.firstIndex { holder in
          guard holder.count == count, !phase.saved.contains(holder.map) else { return false }
          return lastRead(holder.map) < number
            || (lastRead(holder.map) == number
              && schedules[number].canReplace(holder.map, by: map, phase, program, geometry))
        }
        if let free {
          holders[free].map = map
          places[map] = holders[free].place
        } else {
          places[map] = memory.take(count)
          holders.append((places[map]!, count, map))
        }
      }
    }
    return places
  }

  private struct Memory {
    var count = 0

    mutating func take(_ floats: Int) -> Int {
      defer { count += (floats + 15) / 16 * 16 }
      return count
    }
  }
}
