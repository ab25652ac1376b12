import SRData
import Testing

@Suite struct SyntheticFacesTests {
  private let faces: SyntheticFaces

  init() throws { faces = try SyntheticFaces(seed: 5, count: 6, threads: 2) }

  @Test func bitsDoNotDependOnThreadsOrCount() throws {
    let hash = faces.contentHash()
    #expect(try SyntheticFaces(seed: 5, count: 6, threads: 1).contentHash() == hash)
    #expect(try SyntheticFaces(seed: 5, count: 6, threads: 5).contentHash() == hash)
    #expect(try SyntheticFaces(seed: 6, count: 6, threads: 2).contentHash() != hash)
    let later = try SyntheticFaces(seed: 5, count: 2, first: 3)
    #expect(later.highResImage(at: 1) == faces.highResImage(at: 4))
  }

  /// Ranks draw shares and put them together.
  @Test func sharesMakeTheWhole() throws {
    let shares = try [5..<5, 0..<2, 2..<6].map {
      try SyntheticFaces.draw(seed: 5, $0, scale: 4, threads: 2)
    }
    let joined = SyntheticFaces(pictures: Array(shares.joined()), seed: 5, count: 6, first: 0, scale: 4)
    #expect(joined.contentHash() == faces.contentHash())
    #expect(joined.summary == faces.summary)
  }

  /// The bits are pinned: only IEEE-exact operations are used, so every machine and release draws them.
  @Test func bitsArePinned() throws {
    #expect(
      try SyntheticFaces(seed: 0, count: 2).contentHash()
        == "2180efc33f0be186634899dee0fefdab656da3dac9662d0335d9e32627874cea")
  }

  @Test func lowResIsTheBicubicReduction() {
    #expect((faces.lowResHeight, faces.lowResWidth, faces.scale) == (32, 32, 4))
    for index in 0..<faces.count {
      #expect(faces.lowResImage(at: index) == faces.highResImage(at: index).resized(width: 32, height: 32))
    }
  }

  @Test func facesDiffer() {
    let images = (0..<faces.count).map { faces.highResImage(at: $0).pixels }
    #expect(Set(images).count == images.count)
  }

  /// Bicubic enlargement must lose some detail, so that there is something to learn, but not all of it.
  @Test func enlargementLosesDetail() {
    for index in 0..<faces.count {
      let highRes = faces.highResImage(at: index)
      let enlarged = faces.lowResImage(at: index).resized(width: 128, height: 128)
      let squares = zip(highRes.pixels, enlarged.pixels).map { (a, b) in
        (Double(a) - Double(b)) * (Double(a) - Double(b))
      }
      let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
      #expect(error > 2 && error < 40, "face \(index): \(error) of 255")
    }
  }

  @Test func splitsShareNoFace() throws {
    let data = try DatasetSplit.synthetic(trainCount: 4, validCount: 3, seed: 1)
    #expect(data.train.count == 4)
    #expect(data.valid.count == 3)
    let train = Set((0..<4).map { data.train.highResImage(at: $0).pixels })
    let valid = Set((0..<3).map { data.valid.highResImage(at: $0).pixels })
    #expect(train.isDisjoint(with: valid))
  }
}
