import Foundation
import SRData
import SRTestSupport
import Testing

@Suite struct DatasetPreparationTests {
  static let files = ["hr_train.npy", "hr_valid.npy", "lr_train.npy", "lr_valid.npy", "manifest.json"]

  @Test func samplesAreCropsOfTheirSources() throws {
    let photographs = try Photographs(count: 12)
    let output = try TemporaryFolder()
    var options = Photographs.options
    options.cropsPerImage = 2
    let manifest = try photographs.prepare(to: output.path, options)
    #expect(try output.names() == Self.files)
    #expect(manifest.train.count == 12)
    #expect(manifest.valid.count == 6)
    #expect(try written(output) == manifest)

    let data = try DatasetSplit.load(directory: output.path)
    for (dataset, samples) in [(data.train, manifest.train), (data.valid, manifest.valid)] {
      #expect(dataset.count == samples.count)
      for (index, sample) in samples.enumerated() {
        let image = try ImageFile.read(photographs.directory.file(sample.source))
        let crop = image.resized(width: 16, height: 16)
          .cropped(x: sample.cropX, y: sample.cropY, width: 8, height: 8)
        #expect(dataset.highResImage(at: index) == crop)
        #expect(dataset.lowResImage(at: index) == crop.resized(width: 2, height: 2))
      }
    }
  }

  private func written(_ output: TemporaryFolder) throws -> PreparationManifest {
    try JSONDecoder().decode(PreparationManifest.self, from: Data(output.text("manifest.json").utf8))
  }

  @Test func splitIsByImage() throws {
    let photographs = try Photographs(count: 12)
    let output = try TemporaryFolder()
    var options = Photographs.options
    options.cropsPerImage = 3
    let manifest = try photographs.prepare(to: output.path, options)
    let (train, valid) = (Set(manifest.train.map(\.source)), Set(manifest.valid.map(\.source)))
    #expect(train.count == 6)
    #expect(valid.count == 3)
    #expect(train.isDisjoint(with: valid))
  }

  @Test func filesDependOnTheSeedButNotOnThreads() throws {
    let photographs = try Photographs(count: 60)
    var options = Photographs.options
    options.train = 40
    options.valid = 15
    func files(threads: Int, seed: UInt64) throws -> [[UInt8]] {
      options.seed = seed
      let output = try TemporaryFolder()
      _ = try photographs.prepare(to: output.path, options, threads: threads)
      return try Self.files.map { try bytes(of: output.file($0)) }
    }
    let first = try files(threads: 1, seed: 0)
    #expect(try files(threads: 2, seed: 0) == first)
    #expect(try files(threads: 7, seed: 0) == first)
    #expect(try files(threads: 2, seed: 1) != first)
  }

  @Test func keepFullWritesTheWholeTrainingImages() throws {
    let photographs = try Photographs(count: 9)
    let output = try TemporaryFolder()
    var options = Photographs.options
    options.keepFull = true
    options.cropsPerImage = 2
    let manifest = try photographs.prepare(to: output.path, options)
    let full = try NumPyArray(path: output.file("full_train.npy"), rank: 4)
    #expect(full.shape == [6, 16, 16, 3])
    for index in 0..<6 {
      let image = try ImageFile.read(photographs.directory.file(manifest.train[2 * index].source))
      #expect(full.entry(index).elementsEqual(image.resized(width: 16, height: 16).pixels))
    }
    #expect(manifest.arrays.map(\.file).contains("full_train.npy"))

    // A later run without the option removes the files of the earlier run.
    options.keepFull = false
    _ = try photographs.prepare(to: output.path, options, force: true)
    #expect(try output.names() == Self.files)
  }

  @Test func keepsTheSizeWhereAskedTo() throws {
    let photographs = try Photographs(count: 9)
    let output = try TemporaryFolder()
    var options = Photographs.options
    options.resize = 0
    options.crop = 20
    let manifest = try photographs.prepare(to: output.path, options)
    let data = try NumPyPairDataset(directory: output.path, split: .train)
    let sample = manifest.train[0]
    let image = try ImageFile.read(photographs.directory.file(sample.source))
    #expect(
      data.highResImage(at: 0) == image.cropped(x: sample.cropX, y: sample.cropY, width: 20, height: 20))
  }

  @Test func tooFewImagesSaysHowMany() throws {
    let photographs = try Photographs(count: 8)
    let output = try TemporaryFolder()
    let error = #expect(throws: PreparationError.self) { try photographs.prepare(to: output.path) }
    #expect(error?.description.contains("8 PNG and JPEG images, but --train 6 and --valid 3") == true)
    #expect(try output.names() == [])
  }

  @Test func brokenImageIsNamedOrSkipped() throws {
    let photographs = try Photographs(count: 9)
    for name in ["broken.png", "b/broken.jpg"] {
      try photographs.directory.write(Array("not a picture".utf8), as: name)
    }
    // There are eleven pictures, and all eleven are requested, so both broken ones are among the chosen.
    var options = Photographs.options
    options.train = 8
    let output = try TemporaryFolder()
    let error = #expect(throws: PreparationError.self) { try photographs.prepare(to: output.path, options) }
    #expect(error?.description.contains("broken.") == true)
    #expect(error?.description.contains("--skip-broken") == true)
    #expect(try output.names() == [])

    options.skipBroken = true
    let tooFew = #expect(throws: PreparationError.self) { try photographs.prepare(to: output.path, options) }
    #expect(tooFew?.description.contains("11 PNG and JPEG images, of which 2 cannot be read") == true)

    options.train = 6
    let manifest = try photographs.prepare(to: output.path, options)
    #expect(Set(manifest.train + manifest.valid).count == 9)
    #expect(manifest.skipped.allSatisfy { $0.source.contains("broken") && $0.reason.contains("neither") })
  }

  @Test func otherAndHiddenFilesAreIgnored() throws {
    let photographs = try Photographs(count: 9)
    for name in ["notes.txt", "png", "a.gif", ".hidden.png", "._0.PNG"] {
      try photographs.directory.write([1, 2, 3], as: name)
    }
    let output = try TemporaryFolder()
    let manifest = try photographs.prepare(to: output.path)
    #expect(manifest.train.count == 6)
  }

  @Test func existingFilesAreKeptUnlessForced() throws {
    let photographs = try Photographs(count: 9)
    let output = try TemporaryFolder()
    try output.write([1], as: "notes.txt")
    let error = #expect(throws: PreparationError.self) { try photographs.prepare(to: output.path) }
    #expect(error == .outputNotEmpty(output.path))
    _ = try photographs.prepare(to: output.path, force: true)
    #expect(try output.names() == Self.files + ["notes.txt"])
  }

  @Test func failureLeavesNoDirectory() throws {
    let photographs = try Photographs(count: 9)
    try photographs.directory.write([1, 2, 3], as: "broken.png")
    var options = Photographs.options
    options.train = 7
    let place = try TemporaryFolder()
    #expect(throws: PreparationError.self) { try photographs.prepare(to: place.file("new"), options) }
    #expect(try place.names() == [])
  }

  @Test(arguments: [
    ("crop 4", "needs at least 8 at --scale 4"), ("crop 5 scale 1", "needs at least 6 at --scale 1"),
    ("crop 9", "not a multiple"), ("crop 20", "does not fit"), ("train 0", "--train is 0, expected 1 to"),
    ("resize -1", "--resize is -1, expected 0"), ("full 0", "--keep-full needs"),
  ])
  func optionsThatDoNotGoTogether(change: String, expected: String) throws {
    var options = Photographs.options
    switch change {
    case "crop 4": options.crop = 4
    case "crop 5 scale 1": (options.crop, options.scale) = (5, 1)
    case "crop 9": options.crop = 9
    case "crop 20": options.crop = 20
    case "train 0": options.train = 0
    case "resize -1": options.resize = -1
    default:
      options.resize = 0
      options.keepFull = true
    }
    let error = #expect(throws: PreparationError.self) { try options.validate() }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func missingInputIsNamed() throws {
    let output = try TemporaryFolder()
    let preparation = DatasetPreparation(
      inputs: .shared([output.file("none")]), output: output.path, options: Photographs.options, threads: 1)
    #expect(throws: PreparationError.absentDirectory(output.file("none"))) { try preparation.run() }
  }
}
