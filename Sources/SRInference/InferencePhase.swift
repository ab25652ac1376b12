/// A part of a network that goes through a picture once, band of rows by band.
///
/// A gate needs the means over its whole map, so the map's phase ends before the gate is used. A map that a later phase reads is
/// *saved* whole. All others exist only as a *window* of a few rows.
struct InferencePhase: Sendable {
  /// Indices of the program's steps, in order.
  fileprivate(set) var steps: [Int] = []
  /// Maps that are made here and saved.
  fileprivate(set) var saved: [Int] = []
  /// Gates whose means are taken here.
  fileprivate(set) var pooled: [Int] = []
  /// Saved maps of earlier phases that are read here.
  fileprivate(set) var reads: Set<Int> = []
  fileprivate(set) var makesResult = false
}

extension InferenceProgram {
  /// The phases, in order.
  ///
  /// - Parameter recomputes: whether a map that is pooled is not saved for the phase that multiplies it, but computed again
  ///   there. This takes about twice the time, and one saved map less.
  func phases(recomputes: Bool) -> [InferencePhase] {
    let numbers = phaseNumbers()
    var phases = [InferencePhase](repeating: InferencePhase(), count: (numbers.max() ?? 0) + 1)
    let pooled = Set(gates.indices.filter { isPooledWhole($0) }.map { gates[$0].map })
    var needed: Set<Int> = []

    for number in phases.indices.reversed() {
      var steps: Set<Int> = []
      var reads: Set<Int> = []

      func make(_ map: Int, again: Bool) {
        guard let step = maker(of: map), steps.insert(step).inserted else { return }
        for source in self.steps[step].sources {
          let isInside = again && numbers[source] == numbers[map] && isMadeByWideConvolution(source)
          use(source, isInside: isInside)
        }
      }
      func use(_ map: Int, isInside: Bool) {
        if map == 0 { return }
        let isCurrent = numbers[map] == number
        let isCheap = isCheap(map) && number > numbers[map] + 1
        if isCurrent || isInside || isCheap || (recomputes && pooled.contains(map)) {
          make(map, again: !isCurrent)
        } else {
          reads.insert(map)
        }
      }

      phases[number].saved = needed.filter { numbers[$0] == number }.sorted()
      phases[number].pooled = gates.indices.filter {
        isPooledWhole($0) && numbers[gates[$0].map] == number
      }
      phases[number].makesResult = numbers[result] == number
      for map in phases[number].saved { make(map, again: false) }
      for gate in phases[number].pooled { make(gates[gate].map, again: false) }
      if phases[number].makesResult { make(result, again: false) }
      phases[number].steps = steps.sorted()
      phases[number].reads = reads.filter { map in maker(of: map).map { !steps.contains($0) } ?? false }
      needed.formUnion(phases[number].reads)
    }
    return phases
  }

  /// The phase that makes each map; -1 for the picture.
  private func phaseNumbers() -> [Int] {
    /// Wide convolutions of a phase that follow each other at the picture's size. With more of them, windows would take more
    /// memory than one map.
    let most = 2
    let poolsWhole = gates.indices.contains(where: isPooledWhole)
    var numbers = [Int](repeating: -1, count: maps.count)
    var depths = [Int](repeating: 0, count: maps.count)
    var endsPhase = [Bool](repeating: false, count: maps.count)
    for step in steps {
      var number = max(0, step.sources.map { numbers[$0] + (endsPhase[$0] ? 1 : 0) }.max() ?? 0)
      if case .gatedAdd(let gate) = step.operation { number = max(number, numbers[gates[gate].map] + 1) }
      var depth = step.sources.filter { numbers[$0] == number }.map { depths[$0] }.max() ?? 0
      if maps[step.sources[0]].factor == 1, isMadeByWideConvolution(step.destination) {
        if depth == most { (number, depth) = (number + 1, 0) }
        depth += 1
      }
      (numbers[step.destination], depths[step.destination]) = (number, depth)
      switch step.operation {
      // The sum of the long skip cannot take the place of the map that the last convolution reads. If no means are waited for,
      // it is cheaper to go on in the same phase.
      case .add:
        let isLongSkip = !poolsWhole && step.sources.contains(where: isCheap)
        endsPhase[step.destination] = maps[step.destination].factor == 1 && !isLongSkip
      case .locallyGatedAdd: endsPhase[step.destination] = maps[step.destination].factor == 1
      default: break
      }
    }
    return numbers
  }

  /// Whether a gate needs the means over a whole map.
  private func isPooledWhole(_ gate: Int) -> Bool {
    steps.contains { if case .gatedAdd(gate) = $0.operation { true } else { false } }
  }

  private func isMadeByWideConvolution(_ map: Int) -> Bool {
    guard let step = maker(of: map), case .convolution = steps[step].operation else { return false }
    return maps[steps[step].sources[0]].channels >= 16
  }

  /// Whether a map is made from the picture with so little work that it is not worth saving for long.
  private func isCheap(_ map: Int) -> Bool {
    guard let step = maker(of: map) else { return map == 0 }
    switch steps[step].operation {
    case .convolution:
      return maps[steps[step].sources[0]].channels < 16 && steps[step].sources.allSatisfy(isCheap)
    case .add, .gatedAdd, .locallyGatedAdd, .windowMeans, .shuffleAdd: return false
    }
  }
}
