import ArgumentParser
import Foundation
import SRData
import SRDistributed
import SRFiles
import SRTraining

/// `srdist degrade`: makes degraded pictures, to look at and to validate on.
struct DegradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "degrade",
    abstract: "Make low-resolution pictures by a recipe of blur, resize, noise, JPEG and colours.",
    discussion: """
      The recipe is a YAML file with Real-ESRGAN's keys, as `srdist train --degradation` takes it; YOUR-DATA.md lists \
      them. The result of photo.jpg is FOLDER/photo.png. A picture's draw depends on the seed and on its place among the \
      folder's sorted pictures, and on nothing else: the same command gives the same bytes, whatever the number of threads.

        srdist degrade --input photographs --output degraded --degradation recipe.yaml
        srdist degrade --input photographs --output lr --hr-output hr --degradation recipe.yaml
        srdist train --degradation recipe.yaml --data faces --val photographs=lr,hr
      """)

  @Option(help: ArgumentHelp("Folder of PNG and JPEG pictures.", valueName: "folder"), completion: .directory)
  var input: String
  @Option(
    help: ArgumentHelp("Folder for the results. It is created if it does not exist.", valueName: "folder"),
    completion: .directory)
  var output: String
  @Option(
    help: ArgumentHelp(
      "Also write the originals there, cropped to a multiple of the scale: with the results, a validation set.",
      valueName: "folder"), completion: .directory)
  var hrOutput: String?
  @Option(help: ArgumentHelp("The recipe.", valueName: "file"), completion: .file())
  var degradation: String
  @Option(help: ArgumentHelp("Size of the originals over size of the results.", valueName: "factor"))
  var scale = 4
  @Option(help: "Decides what is drawn.")
  var seed = DegradedPairs.standardSeed
  @Flag(help: "Replace results that exist.")
  var overwrite = false
  @Option(
    help: ArgumentHelp("Threads. By default, one for each CPU that the program may use.", valueName: "count"))
  var threads = AvailableResources().threads(ranksOnHost: 1)
  @Option(
    help: ArgumentHelp(
      "Memory for the pictures that are made at the same time, such as 800M or 4G. By default, half of the machine's.",
      valueName: "size"))
  var memory = ByteCount(PixelBudget.standardBytes)

  func validate() throws {
    try ValidationError.checkPaths([
      "--input": input, "--output": output, "--hr-output": hrOutput, "--degradation": degradation,
    ])
    if !(1...16).contains(scale) { throw ValidationError("--scale is \(scale), expected 1 to 16") }
    if threads < 1 { throw ValidationError("--threads must be at least 1, not \(threads)") }
  }

  func run() throws {
    let console = Console()
    if Srdist.hasLikeRanks {
      guard Communicator.launchedRank <= 0 else { return }
      console.print("note: rank 0 alone degrades the pictures, on \(threads) thread(s); the other ranks end")
    }
    let recipe = try DegradationRecipe(setting: degradation)
    let work = FolderDegradation(
      input: input, output: output, originals: hrOutput, degrader: Degrader(recipe, scale: scale), seed: seed,
      threads: threads, overwrites: overwrite, memory: memory.bytes)
    let isTerminal = isatty(STDERR_FILENO) == 1
    let result: FolderDegradation.Result
    do {
      defer { if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) } }
      result = try work.run { done, total in
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\rdegraded \(done) of \(total) pictures".utf8))
      }
    }
    if !result.passedOver.isEmpty { console.print("passed over: \(result.passedOver)") }
    for conversion in PictureConversion.allCases {
      guard let count = result.conversions[conversion] else { continue }
      console.print("warning: \(count) picture\(count == 1 ? "" : "s") \(conversion.rawValue)")
    }
    if result.cropped > 0 {
      let s = result.cropped == 1 ? " was" : "s were"
      console.print(
        "note: \(result.cropped) original\(s) cropped at the right and lower edge to a multiple of \(scale)"
          + (hrOutput == nil ? "; --hr-output writes them" : ""))
    }
    print("\(output.onOneLine): \(result.pictures) picture\(result.pictures == 1 ? "" : "s")")
  }
}
