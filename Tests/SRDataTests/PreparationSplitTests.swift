import Foundation
import SRData
import SRTensor
import SRTestSupport
import Testing

/// Which pictures lie on which side of the split.
@Suite struct PreparationSplitTests {
  /// Pictures without copies are drawn as they always were: one permutation of the sorted list, and a stream for each picture's
  /// crops. `samplesAreCropsOfTheirSources` compares the pixels.
  @Test func plainFoldersKeepTheirDraws() throws {
    let photographs = try Photographs(count: 10)
    let output = try TemporaryFolder()
    var options = Photographs.options
    (options.cropsPerImage, options.seed) = (2, 5)
    let manifest = try photographs.prepare(to: output.path, options)
    let sources = try PictureListing(directory: photographs.directory.path).pictures.map(\.description)
    var generator = PhiloxGenerator(seed: 5, stream: .max)
    let order = generator.permutation(of: 10)
    func samples(_ chosen: ArraySlice<Int>) -> [String] {
      chosen.flatMap { index in
        (0..<2).map { number in
          var crop = PhiloxGenerator(seed: 5, stream: UInt32(index), substream: UInt32(number))
          let x = crop.index(below: 16 - 8 + 1)
          return "\(sources[index]) \(x) \(crop.index(below: 16 - 8 + 1))"
        }
      }
    }
    #expect(manifest.train.map { "\($0.source) \($0.cropX) \($0.cropY)" } == samples(order[..<6]))
    #expect(manifest.valid.map { "\($0.source) \($0.cropX) \($0.cropY)" } == samples(order[6..<9]))
    let text = try output.text("manifest.json")
    for key in ["duplicates", "kept_apart", "groups", "group_by", "inputs"] { #expect(!text.contains(key)) }
  }

  /// A copy, a hard link, a link to another folder, and the pixels of a turned JPEG in a PNG.
  @Test(arguments: 0..<4 as Range<UInt64>) func aPictureIsTakenOnce(seed: UInt64) throws {
    let photographs = try Photographs(count: 6)
    let (folder, other) = (photographs.directory, try TemporaryFolder())
    let files = FileManager.default
    try files.copyItem(atPath: folder.file("1.PNG"), toPath: folder.file("copy.png"))
    try files.linkItem(atPath: folder.file("2.PNG"), toPath: folder.file("b/hard.png"))
    try files.copyItem(atPath: folder.file("4.PNG"), toPath: other.file("4.png"))
    try files.createSymbolicLink(
      atPath: folder.file("soft.png"), withDestinationPath: other.file("4.png"))
    let turned = Fixtures.path("pictures/turned-6.jpg")
    try files.copyItem(atPath: turned, toPath: folder.file("turned.jpg"))
    try ImageFile.writePNG(ImageFile.read(turned), to: folder.file("saved.png"))

    var options = Photographs.options
    (options.train, options.valid, options.seed) = (4, 3, seed)
    let output = try TemporaryFolder()
    let manifest = try photographs.prepare(to: output.path, options)
    let pairs: [Set<String>] = [
      ["1.PNG", "copy.png"], ["2.PNG", "b/hard.png"], ["4.PNG", "soft.png"], ["turned.jpg", "saved.png"],
    ]
    let used = Set((manifest.train + manifest.valid).map(\.source))
    // All seven pictures are asked for.
    #expect(used.count == 7)
    for pair in pairs { #expect(used.intersection(pair).count == 1) }
    let named = Set((manifest.duplicates ?? []).map { Set([$0.source, $0.sameAs]) })
    #expect(named.isSubset(of: Set(pairs)))
    for duplicate in manifest.duplicates ?? [] { #expect(used.contains(duplicate.sameAs)) }

    options.valid = 4
    let error = #expect(throws: PreparationError.self) {
      try photographs.prepare(to: output.file("more"), options)
    }
    #expect(
      error?.description.contains("11 PNG and JPEG images, of which 4 show the same as another one") == true,
      "\(error!)")
  }

  /// Ten people with three pictures each.
  private func people() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for number in 0..<30 {
      var image = RGBImage(width: 16, height: 16)
      for i in image.pixels.indices { image.pixels[i] = UInt8(truncatingIfNeeded: i * (number + 3)) }
      try ImageFile.writePNG(image, to: folder.file("p\(number % 10)-\(number).png"))
    }
    return folder
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func groupsStayTogether(seed: UInt64) throws {
    let (folder, output) = (try people(), try TemporaryFolder())
    var options = Photographs.options
    (options.train, options.valid, options.seed, options.groupBy) = (16, 10, seed, "^(p[0-9]+)-")
    func manifest(threads: Int, _ name: String) throws -> PreparationManifest {
      try DatasetPreparation(
        inputs: .shared([folder.path]), output: output.file(name), options: options, threads: threads
      ).run().manifest
    }
    let found = try manifest(threads: 2, "a")
    func groups(_ samples: [PreparationManifest.Sample]) -> Set<Substring> {
      Set(samples.map { $0.source.prefix { $0 != "-" } })
    }
    #expect(groups(found.train).isDisjoint(with: groups(found.valid)))
    #expect(found.train.count == 16)
    // The sixth group's other two pictures can serve neither side.
    #expect(found.keptApart?.count == 2)
    #expect(found.groups?.train == 6 && found.groups?.valid == 4)
    #expect(try manifest(threads: 1, "b") == found)

    options.valid = 13
    let error = #expect(throws: PreparationError.self) { try manifest(threads: 2, "c") }
    #expect(error?.description.contains("2 belong to groups of the other side") == true, "\(error!)")
  }

  /// Validation keeps what is its own. Without counts, each side takes all.
  @Test func foldersOfTheirOwn() throws {
    let (train, valid, output) = (try people(), try TemporaryFolder(), try TemporaryFolder())
    for number in [3, 13, 17] {
      let name = "p\(number % 10)-\(number).png"
      try FileManager.default.copyItem(atPath: train.file(name), toPath: valid.file(name))
    }
    var options = Photographs.options
    (options.train, options.valid) = (nil, nil)
    let inputs = PreparationInputs.separate(train: [train.path], valid: [valid.path])
    func run(_ name: String) throws -> PreparationManifest {
      try DatasetPreparation(inputs: inputs, output: output.file(name), options: options, threads: 2).run()
        .manifest
    }
    let all = try run("all")
    #expect(all.valid.count == 3)
    #expect(all.train.count == 27)
    #expect(all.duplicates?.count == 3)
    #expect(all.train.allSatisfy { $0.source.hasPrefix(train.path) })
    #expect(try NumPyPairDataset(directory: output.file("all"), split: .train).count == 27)
    let read = try JSONDecoder().decode(
      PreparationManifest.self, from: Data(output.text("all/manifest.json").utf8))
    #expect(read == all)
    #expect(read.inputs == inputs)

    options.groupBy = "^p([0-9]+)-"
    let apart = try run("apart")
    #expect(apart.train.count == 24)
    #expect(apart.keptApart?.count == 3)
    #expect(apart.groups?.train == 8 && apart.groups?.valid == 2)
  }
}
