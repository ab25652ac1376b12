import ArgumentParser
import Foundation
import SRKernelDispatch
import SRKernels

/// Verifies and times the kernels, one problem after another.
@main
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "srdist-benchmark",
    abstract:
      "Verify every convolution, every loss and the parts of a step against their definitions, then time them on one core.",
    discussion: """
      Speeds are effective: the direct method's multiplications and additions, divided by the median of the thread's \
      CPU time. A share of the peak above 100 % means that arithmetic was saved. Bytes are those that must move at least \
      once: pixels in and out, and weights as prepared. Perceptual losses and the whole network are verified by the \
      slope along their gradient, everything else against the formula in double precision.
      """,
    subcommands: [UpscaleBenchmark.self])

  @Option(help: "Run only problems whose name contains this text, such as '64->64' or 'backward weights'.")
  var filter: String?

  @Flag(help: "Print one JSON object for the run, instead of the table.")
  var json = false

  @Flag(help: "List the problems and exit.")
  var list = false

  @Flag(inversion: .prefixedNo, help: "Compare each result with its definition first.")
  var verification = true

  @Option(help: "Seconds for which each problem is repeated.")
  var seconds = 0.3

  func validate() throws {
    guard seconds > 0, seconds.isFinite else {
      throw ValidationError("--seconds is \(seconds), expected a number above 0")
    }
  }

  func run() throws {
    let problems = Problems.all.filter { problem in
      filter.map { problem.name.localizedCaseInsensitiveContains($0) } ?? true
    }
    guard !problems.isEmpty else {
      throw ValidationError("no problem's name contains '\(filter ?? "")'; --list shows them")
    }
    if list {
      for problem in problems { print(problem.name) }
      return
    }
    let level = try CPULevel.selected()
    BLASCore.use(level)
    let kernels = level.kernels
    let machine = Machine(measuring: kernels)
    if !json { Table.printHeader(machine) }
    var measurements: [Measurement] = []
    for problem in problems {
      let run = problem.makeRun(kernels: kernels)
      let error = verification ? run.relativeError() : nil
      let measurement = Measurement(
        problem, run, relativeError: error, seconds: run.time(atLeast: seconds), machine: machine)
      measurements.append(measurement)
      if !json { Table.printRow(measurement) }
    }
    if json { print(try Report(machine: machine, measurements: measurements).json()) }
    let failures = measurements.filter { !$0.isWithinTolerance }
    guard failures.isEmpty else { throw VerificationFailure(problems: failures.map(\.name)) }
  }
}

/// Results that differ from the definition by more than their tolerance.
struct VerificationFailure: Error, CustomStringConvertible {
  let problems: [String]

  var description: String { "out of tolerance: \(problems.joined(separator: "; "))" }
}
