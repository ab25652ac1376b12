import SRData
import SRReport
import Testing

/// Pictures of samples are cut into the images that they were made of.
@Suite struct SampleSheetTests {
  @Test(arguments: [
    (32, 32, 4, 4), (4, 4, 4, 1), (9, 5, 1, 3), (31, 17, 2, 2), (16, 16, 8, 8), (40, 20, 4, 2),
    (20, 40, 4, 2),
  ])
  func sheetsAreCutIntoTheirImages(width: Int, height: Int, scale: Int, count: Int) {
    let samples = (0..<count).map { Pictures.sample(width: width, height: height, scale: scale, seed: $0) }
    let sheet = SampleSheet(epoch: 3, image: Pictures.sheet(samples))
    #expect(sheet.rows.count == count)
    for (row, sample) in zip(sheet.rows, samples) {
      #expect(row.lowRes == sample.lowRes && row.bicubic == sample.bicubic)
      #expect(row.superRes == sample.superRes && row.highRes == sample.highRes)
    }
  }

  @Test func blackFramesStay() {
    var sample = Pictures.sample(width: 8, height: 8, scale: 4, seed: 1)
    func framed(_ image: RGBImage) -> RGBImage {
      var image = image
      for y in 0..<image.height {
        for x in 0..<image.width where min(x, y, image.width - 1 - x, image.height - 1 - y) < 4 {
          for channel in 0..<3 { image.pixels[(y * image.width + x) * 3 + channel] = 0 }
        }
      }
      return image
    }
    sample.bicubic = framed(sample.bicubic)
    sample.superRes = framed(sample.superRes)
    sample.highRes = sample.highRes.map(framed)
    for index in sample.lowRes.pixels.indices { sample.lowRes.pixels[index] = 0 }
    let rows = SampleSheet(epoch: 1, image: Pictures.sheet([sample])).rows
    #expect(rows.map(\.highRes) == [sample.highRes])
  }

  @Test func otherPicturesAreNotCut() {
    let sheet = Pictures.sheet([Pictures.sample(seed: 0), Pictures.sample(seed: 1)])
    var changed = sheet
    // A dot of the last row's caption LR.
    let caption = (sheet.height - 4 - 16) * sheet.width * 3..<(sheet.height - 4) * sheet.width * 3
    let dot = changed.pixels[caption].firstIndex(of: 255)!
    changed.pixels[dot] = 0
    let others = [
      changed, sheet.cropped(x: 0, y: 0, width: sheet.width, height: sheet.height - 1),
      sheet.cropped(x: 1, y: 0, width: sheet.width - 1, height: sheet.height),
      RGBImage(width: 1, height: 1), RGBImage(width: 532, height: 304), RGBImage(width: 4, height: 4),
      RGBImage(width: 4000, height: 3),
    ]
    for image in others {
      let sheet = SampleSheet(epoch: 1, image: image)
      #expect(sheet.rows.isEmpty && sheet.image == image)
    }
  }

  /// A row has LR, bicubic, each run's result as after its best epoch, and HR.
  @Test func runsAreComparedByTheImagesThatAllHave() throws {
    func run(_ name: String, _ sheets: [(epoch: Int, samples: [SampleGrid.Sample])]) -> ReportedRun {
      var run = ReportedRun(name: name)
      run.best = .init(epoch: 2, metric: "valid_psnr")
      run.sheets = sheets.map { SampleSheet(epoch: $0.epoch, image: Pictures.sheet($0.samples)) }
      return run
    }
    let samples = (0..<3).map { Pictures.sample(seed: $0) }
    let others = [2, 1].map { index in
      var sample = samples[index]
      sample.superRes = Pictures.sample(seed: 20 + index).superRes
      return sample
    }
    let first = run("first", [(2, samples), (3, [Pictures.sample(seed: 9)])])
    let second = run("second", [(3, others)])
    let picture = try #require(FaceComparison([first, second])).image()
    #expect(picture.width == 5 * (128 + 4) + 4 && picture.height == 2 * (128 + 16 + 4) + 4)
    func cell(_ column: Int, _ row: Int) -> RGBImage {
      picture.cropped(x: 4 + column * 132, y: 4 + row * 148, width: 128, height: 128)
    }
    for (row, index) in [1, 2].enumerated() {
      #expect(cell(1, row) == samples[index].bicubic && cell(2, row) == samples[index].superRes)
      #expect(cell(3, row) == others[1 - row].superRes && cell(4, row) == samples[index].highRes)
    }
    // Captions have capitals alone.
    let named = ["hybrid", "HYBRID"].map { FaceComparison([run($0, [(2, samples)])])?.image() }
    #expect(named[0] != nil && named[0] == named[1])
    #expect(FaceComparison([first, run("other", [(2, [Pictures.sample(seed: 30)])])]) == nil)
    #expect(FaceComparison([first, run("none", [])]) == nil)
  }

  /// A page has each picture once, and samples of one image stand together.
  @Test func pagesHaveEachPictureOnce() {
    func run(_ name: String, seeds: [Int], image: RGBImage? = nil) -> ReportedRun {
      var run = ReportedRun(name: name)
      let samples = seeds.map { seed in
        var sample = Pictures.sample(seed: seed)
        // What a run makes is its own.
        sample.superRes.pixels[0] = UInt8(name.utf8.first!)
        return sample
      }
      run.sheets = [SampleSheet(epoch: 1, image: image ?? Pictures.sheet(samples))]
      return run
    }
    func pictures(_ runs: [ReportedRun]) -> (faces: Int, images: Int, text: String) {
      let text = String(decoding: ReportPage(runs).bytes, as: UTF8.self)
      func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
      return (count("class=\"face\""), count("src=\"data:image/png;base64,iVBOR"), text)
    }
    let one = pictures([run("a", seeds: [1, 2])])
    #expect(one.faces == 2 && one.images == 8)
    let two = pictures([run("a", seeds: [1, 2]), run("b", seeds: [2, 1])])
    #expect(two.faces == 2 && two.images == 10)
    let different = pictures([run("a", seeds: [1]), run("b", seeds: [2])])
    #expect(different.faces == 2 && different.images == 8)
    let foreign = pictures([run("a", seeds: [], image: RGBImage(width: 20, height: 10))])
    #expect(foreign.faces == 0 && foreign.images == 1)
    let large = pictures([run("a", seeds: [], image: RGBImage(width: 4096, height: 1025))])
    #expect(large.images == 0 && large.text.contains("4096 x 1025 pixels, too many"))
    let many = pictures([run("a", seeds: Array(1...10))])
    #expect(many.faces == ReportPage.mostFaces && many.text.contains("8 of 10 samples are shown."))
  }
}

/// Pictures of noise.
enum Pictures {
  static func sample(width: Int = 32, height: Int = 32, scale: Int = 4, seed: Int) -> SampleGrid.Sample {
    func image(_ scale: Int, _ salt: Int) -> RGBImage {
      var state = UInt32(truncatingIfNeeded: 7919 * seed + salt + 1)
      let pixels = (0..<width * scale * height * scale * 3).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(1 + state >> 24 % 255)
      }
      return RGBImage(width: width * scale, height: height * scale, pixels: pixels)
    }
    return SampleGrid.Sample(
      lowRes: image(1, 1), bicubic: image(scale, 2), superRes: image(scale, 3), highRes: image(scale, 4),
      bicubicPSNR: 24.125, superResPSNR: 25.5)
  }

  static func sheet(_ samples: [SampleGrid.Sample]) -> RGBImage { SampleGrid(samples).image() }
}
