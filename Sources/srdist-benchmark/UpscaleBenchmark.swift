import ArgumentParser
import Foundation
import SRCheckpoint
import SRInference
import SRKernelDispatch
import SRProcess
import SRTensor

/// Times the enlargement of one picture, on request. `scripts/bench-upscale` drives it beside other programs.
struct UpscaleBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upscale",
    abstract: "Enlarge one picture again and again, and time the network alone.",
    discussion: """
      Prints 'ready' after a first pass. Then each line on standard input asks for one more pass, whose milliseconds are \
      printed. Pictures are raw float32, [height, width, channels].
      """)

  @Option(help: "A weight file or a checkpoint.")
  var weights: String

  @Option(help: "File of the picture. By default, the picture is a gradient.")
  var picture: String?

  @Option(help: "Height of the picture, in pixels.")
  var height: Int

  @Option(help: "Width of the picture, in pixels.")
  var width: Int

  @Option(help: "Worker threads.")
  var threads = 1

  @Option(help: "Where squeeze-and-excitation takes its means: global or local.")
  var pooling = NetworkInference.Pooling.global

  @Option(help: "Bytes that the pass may use. By default, there is no limit.")
  var memory: Int?

  @Option(help: "File to which the first result is written.")
  var output: String?

  func validate() throws {
    guard height > 0, width > 0, threads > 0 else {
      throw ValidationError("--height, --width and --threads are at least 1")
    }
  }

  func run() throws {
    let level = try CPULevel.selected()
    let network = try TrainedNetwork(weights)
    let pool = try WorkerPool(count: threads)
    let inference = NetworkInference(
      network.model, graph: network.graph, weights: network.weights, pooling: pooling, memory: memory,
      kernels: level.kernels, pool: pool)
    let values = try pictureValues(channels: network.model.inputChannels)
    var result = Data()
    let rowCount = width * network.model.scale * network.model.outputChannels
    try inference.enlarge(values, height: height, width: width) { rows, strip in
      if output != nil { result.append(Data(bytes: strip, count: 4 * rows.count * rowCount)) }
    }
    if let output { try result.write(to: URL(fileURLWithPath: output)) }
    print("ready")
    fflush(nil)
    while readLine() != nil {
      let clock = ContinuousClock()
      let time = try clock.measure {
        try inference.enlarge(values, height: height, width: width) { _, _ in }
      }
      print(Double(time.components.attoseconds) / 1e15 + Double(time.components.seconds) * 1e3)
      fflush(nil)
    }
  }

  private func pictureValues(channels: Int) throws -> [Float] {
    let count = height * width * channels
    guard let picture else { return (0..<count).map { Float($0 % 251) / 250 } }
    let data = try Data(contentsOf: URL(fileURLWithPath: picture))
    guard data.count == 4 * count else {
      throw ValidationError("\(picture) has \(data.count) bytes, expected \(4 * count)")
    }
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}

extension NetworkInference.Pooling: ExpressibleByArgument {}
