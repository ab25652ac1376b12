import Foundation
import SRData
import SRTestSupport
import Testing

/// Numbers that no computer can do anything with are errors, and no arithmetic traps on them.
@Suite struct ExtremeNumberTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeFolder("pictures")
    for number in 0..<6 {
      var image = RGBImage(width: 32, height: 32)
      image.pixels = Formulas.pair(number, height: 32, width: 32).high
      try ImageFile.writePNG(image, to: folder.file("pictures/\(number).png"))
    }
    try folder.write(Array("jpeg_range: [30, 95]\n".utf8), as: "recipe.yaml")
  }

  private static let numbers = ["\(Int.max)", "3037000500", "-1", "1e308", "1e-320"]

  /// Each option of a number, in a command that ends soon. The command succeeds, or it refuses the number.
  @Test(arguments: [
    (
      "prepare --input pictures --output out --train 4 --valid 2 --resize 32 --crop 16 --threads 1 --force",
      ["train", "valid", "resize", "crop", "scale", "crops-per-image", "seed", "channels", "depth", "memory"]
    ),
    (
      "degrade --input pictures --output out --degradation recipe.yaml --threads 1 --overwrite",
      ["scale", "seed", "memory"]
    ),
    (
      "evaluate --method bicubic --reference pictures --threads 1", ["scale", "modcrop", "crop-border"]
    ),
    (
      "plan --model compact --features 16 --blocks 1 --ranks 8 --bandwidth 10Gbit --latency 30us --image-time 1 --threads 1",
      [
        "ranks", "bandwidth", "latency", "image-time", "batch-size", "payload", "busy-share", "worker-time",
        "ranks-per-host", "threads",
      ]
    ),
    (
      "train --model compact --features 16 --blocks 1 --loss mse=1 --dry-run --threads 1",
      [
        "features", "blocks", "scale", "batch-size", "epochs", "max-steps", "learning-rate", "warmup-epochs",
        "ema-decay",
        "synthetic-train", "synthetic-valid", "checkpoint-every", "keep-checkpoints", "val-every",
        "virtual-ranks",
        "cache-budget", "seed", "samples", "lr-step",
      ]
    ),
  ])
  func areNoTraps(command: String, options: [String]) throws {
    let words = command.split(separator: " ").map(String.init)
    let places = ["pictures", "out", "recipe.yaml"]
    let arguments = words.map { places.contains($0) ? folder.file($0) : $0 }
    for option in options {
      for number in Self.numbers {
        let run = try ProgramRun("srdist", arguments + ["--\(option)=\(number)"])
        #expect([0, 1, 64].contains(run.status), "--\(option)=\(number): \(run.status) \(run.errors)")
        if run.status == 0 { continue }
        #expect(
          run.errors.contains("\(option)") || run.errors.contains(number),
          "--\(option)=\(number): \(run.errors)")
      }
    }
  }
}
