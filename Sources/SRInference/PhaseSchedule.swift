import SRKernels

/// Which rows a phase makes in which order, for one size of picture.
///
/// Each iteration brings the phase's ends (saved maps, means, the result) a band further. Every step makes the rows that the
/// steps after it need for that, in whole tiles. No row is made twice.
struct PhaseSchedule: Sendable {
  struct Iteration: Sendable {
    /// Rows of its destination that each step of the phase makes.
    var rows: [Range<Int>]
    /// The first row that each window holds, by map.
    var firstRows: [Int: Int]
    /// Pixels of its map that each pooled gate adds to its sums.
    var pooled: [Range<Int>]
  }

  let iterations: [Iteration]
  /// Rows that each window has room for, by map.
  let windowRows: [Int: Int]

  /// - Parameters:
  ///   - bands: iterations that divide the picture's height.
  ///   - geometry: of the size of picture.
  init(_ phase: InferencePhase, bands: Int, _ program: InferenceProgram, _ geometry: InferenceGeometry) {
    let steps = phase.steps.map { program.steps[$0] }
    let windows = steps.map(\.destination).filter { !phase.saved.contains($0) }
    var done = [Int: Int](uniqueKeysWithValues: steps.map { ($0.destination, 0) })
    var pooledPixels = [Int](repeating: 0, count: phase.pooled.count)
    var firstRows = [Int: Int](uniqueKeysWithValues: windows.map { ($0, 0) })
    var windowRows = firstRows
    var iterations: [Iteration] = []
    let step = geometry.pixelSumStep

    for band in 1...bands {
      let end = (geometry.height * band + bands - 1) / bands
      // Backwards: the rows that are needed of each map.
      var needed: [Int: Int] = [:]
      for map in phase.saved { needed[map] = end * program.maps[map].factor }
      for gate in phase.pooled { needed[program.gates[gate].map] = end }
      if phase.makesResult { needed[program.result] = end * program.maps[program.result].factor }
      var rows = [Range<Int>](repeating: 0..<0, count: steps.count)
      for (index, number) in phase.steps.enumerated().reversed() {
        let (map, first) = (steps[index].destination, done[steps[index].destination]!)
        let unit = geometry.rowStep(number)
        let last = min(geometry.heightOf(map), ((needed[map] ?? 0) + unit - 1) / unit * unit)
        rows[index] = first..<max(first, last)
        guard last > first else { continue }
        for (position, source) in steps[index].sources.enumerated() where done[source] != nil {
          let end = geometry.sourceRows(number, position, first..<last).upperBound
          needed[source] = max(needed[source] ?? 0, end)
        }
      }
      // What the windows hold from before: rows that someone has yet to read.
      for map in windows {
        var first = done[map]!
        for (index, number) in phase.steps.enumerated() {
          let next = done[steps[index].destination]!
          guard next < geometry.heightOf(steps[index].destination) else { continue }
          for (position, source) in steps[index].sources.enumerated() where source == map {
            first = min(
              first, geometry.sourceRows(number, position, next..<next + 1).lowerBound)
          }
        }
        for (position, gate) in phase.pooled.enumerated() where program.gates[gate].map == map {
          first = min(first, pooledPixels[position] / geometry.widthOf(map))
        }
        firstRows[map] = first
      }
      for index in steps.indices {
        done[steps[index].destination] = max(done[steps[index].destination]!, rows[index].upperBound)
      }
      for map in windows { windowRows[map] = max(windowRows[map]!, done[map]! - firstRows[map]!) }
      var pooled: [Range<Int>] = []
      for (position, gate) in phase.pooled.enumerated() {
        let map = program.gates[gate].map
        let pixels = done[map]! * geometry.widthOf(map)
        let end = done[map]! == geometry.heightOf(map) ? pixels : pixels / step * step
        pooled.append(pooledPixels[position]..<end)
        pooledPixels[position] = end
      }
      iterations.append(Iteration(rows: rows, firstRows: firstRows, pooled: pooled))
    }
    self.iterations = iterations
    self.windowRows = windowRows
  }

  /// Whether a saved map can take the place of another one, whose rows no one reads after they are overwritten.
  func canReplace(
    _ old: Int, by new: Int, _ phase: InferencePhase, _ program: InferenceProgram,
    _ geometry: InferenceGeometry
  ) -> Bool {
    guard let writer = phase.steps.firstIndex(where: { program.steps[$0].destination == new }),
      program.maps[old].factor == program.maps[new].factor,
      program.maps[old].channels == program.maps[new].channels
    else { return false }
    for iteration in iterations {
      let written = iteration.rows[writer]
      guard !written.isEmpty else { continue }
      for (index, number) in phase.steps.enumerated() {
        let step = program.steps[number]
        for (position, source) in step.sources.enumerated() where source == old {
          // The writer reads a pixel before it writes it, if it reads no other pixels.
          if index == writer, geometry.isElementwise(number) { continue }
          let next = index < writer ? iteration.rows[index].upperBound : iteration.rows[index].lowerBound
          guard next < geometry.heightOf(step.destination) else { continue }
          if geometry.sourceRows(number, position, next..<next + 1).lowerBound < written.upperBound {
            return false
          }
        }
      }
    }
    return true
  }
}

/// Heights, widths and kernels of a program's maps and steps for one size of picture.
struct InferenceGeometry: Sendable {
  let program: InferenceProgram
  let height: Int
  let width: Int
  /// By step; nil for what is no convolution.
  let kernels: [(any Convolution2DKernel)?]
  let pixelSumStep: Int
  /// Rows and columns of a window of local pooling.
  let windowRows: Int
  let windowColumns: Int

  init(_ program: InferenceProgram, height: Int, width: Int, window: Int, kernels set: any KernelSet) {
    self.program = program
    self.height = height
    self.width = width
    kernels = program.steps.map { step in
      guard case .convolution(let convolution) = step.operation else { return nil }
      let factor = program.maps[step.sources[0]].factor
      return set.makeConvolution2D(convolution.shape(height: height * factor, width: width * factor))
    }
    pixelSumStep = set.pixelSumStep
    windowRows = min(window, height)
    windowColumns = min(window, width)
  }

  func heightOf(_ map: Int) -> Int { height * program.maps[map].factor }
  func widthOf(_ map: Int) -> Int { width * program.maps[map].factor }
  /// Floats of a row.
  func rowCount(_ map: Int) -> Int { widthOf(map) * program.maps[map].channels }

  /// Rows of its destination that a step makes together.
  func rowStep(_ step: Int) -> Int {
    switch program.steps[step].operation {
    case .convolution(let convolution): kernels[step]!.rowStep * convolution.shuffleFactor
    case .shuffleAdd(let factor): factor
    case .add, .gatedAdd, .locallyGatedAdd, .windowMeans: 1
    }
  }

  /// Whether a step that makes rows repeats work for other rows.
  func repeatsRows(_ step: Int) -> Bool { kernels[step].map { $0.repeatedRows > 0 } ?? false }

  /// Whether each pixel depends on the same pixel of the sources alone.
  func isElementwise(_ step: Int) -> Bool {
    switch program.steps[step].operation {
    case .add, .gatedAdd, .locallyGatedAdd: true
    case .convolution, .shuffleAdd, .windowMeans: false
    }
  }

  /// The rows of a source that rows of the destination depend on.
  func sourceRows(_ step: Int, _ position: Int, _ rows: Range<Int>) -> Range<Int> {
    switch program.steps[step].operation {
    case .convolution(let convolution):
      let factor = convolution.shuffleFactor
      return kernels[step]!.shape.sourceRows(
        for: rows.lowerBound / factor..<(rows.upperBound + factor - 1) / factor)
    case .shuffleAdd(let factor):
      return rows.lowerBound / factor..<(rows.upperBound + factor - 1) / factor
    case .windowMeans:
      // The window above the first one leaves its first row.
      return windowTop(max(0, rows.lowerBound - 1))..<windowTop(rows.upperBound - 1) + windowRows
    case .add, .gatedAdd, .locallyGatedAdd: return rows
    }
  }

  /// The first row of the window of a row. Windows are moved into the map at its edges.
  func windowTop(_ row: Int) -> Int { min(max(0, row - (windowRows - 1) / 2), height - windowRows) }
}
