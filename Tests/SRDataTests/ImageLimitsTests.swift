import Foundation
import SRData
import SRFiles
import SRTestSupport
import Synchronization
import Testing

/// Files that would take much more memory or time than their size suggests.
@Suite struct ImageLimitsTests {
  private func problem(_ file: [UInt8]) -> String {
    let error = #expect(throws: ImageFileError.self) { try ImageFileTests.decode(file) }
    return error?.problem ?? ""
  }

  /// A text that cannot be inflated is no fault, because no text is inflated.
  @Test func textsOfAPNGAreNotRead() throws {
    let picture = HostilePictures.png(width: 8, height: 8)
    for kind in ["zTXt", "iCCP", "iTXt", "tEXt", "eXIf", "srDt"] {
      let damaged = HostilePictures.chunk(kind, Array("Comment".utf8) + [0, 0, 1, 2, 3])
      var file = picture
      file.insert(contentsOf: damaged, at: 33)  // behind the header
      file.insert(contentsOf: damaged, at: file.count - 12)  // before the end
      let decoded = try file.withUnsafeBytes { try ImageFile.decode($0, path: kind) }
      #expect(decoded.image == RGBImage(width: 8, height: 8))
      #expect(decoded.warnings == nil, "\(kind): \(decoded.warnings?.first ?? "")")
    }
  }

  /// Each scan takes time for all pixels.
  @Test func aJPEGHasAtMostSoManyScans() throws {
    let most = HostilePictures.progressiveJPEG(width: 1024, height: 1024, scans: 100)
    #expect(try ImageFileTests.decode(most).width == 1024)
    let bomb = HostilePictures.progressiveJPEG(width: 1024, height: 1024, scans: 1500)
    #expect(problem(bomb).contains("more than 100 scans"), "\(problem(bomb))")
  }

  @Test func thePixelsHaveALimit() throws {
    #expect(problem(HostilePictures.png(width: 16385, height: 16384)).contains("16385 x 16384 pixels"))
    #expect(problem(HostilePictures.progressiveHeader(width: 65500, height: 4099)).contains("65500 x 4099"))
  }

  /// The 33 KB of the PNG hold 805 MB of pixels, and the JPEG's coefficients take twice as much.
  @Test(arguments: [
    ("a.png", HostilePictures.png(width: 16384, height: 16384), "769M"),
    ("a.jpg", HostilePictures.progressiveHeader(width: 16384, height: 16384), "2307M"),
  ])
  func whatExceedsTheBudgetIsRefusedBeforeItIsDecoded(name: String, file: [UInt8], needed: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(file, as: name)
    let error = #expect(throws: ImageFileError.self) {
      try ImageFile.withPicture(at: BytePath(path), within: PixelBudget(bytes: 100 << 20), use: { _, _ in 0 })
      { _ in }
    }
    let said = error?.problem ?? ""
    for part in ["16384 x 16384 pixels take \(needed)", "may take 100M", "--memory \(needed) or more"] {
      #expect(said.contains(part), "\(part): \(said)")
    }
  }

  /// A picture of one column is small, and becomes large when it is widened. Of other formats than 8-bit RGB, few rows are held.
  @Test(arguments: [(256, 3), (65_535, 3), (65_535, 1)])
  func whatResizingTakesCounts(resize: Int, channels: Int) throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("in")
    for name in ["in/a.png", "in/b.png"] {
      try folder.write(HostilePictures.png(width: 1, height: 900_000), as: name)
    }
    var options = options(resize: resize)
    options.channels = channels
    let preparation = DatasetPreparation(
      inputs: .shared([folder.file("in")]), output: folder.file("out"), options: options,
      threads: 1,
      memory: 100 << 20)
    let error = #expect(throws: PreparationError.self) { try preparation.run() }
    #expect("\(error!)".contains(".png: 1 x 900000 pixels take "), "\(error!)")
  }

  private func options(resize: Int) -> PreparationOptions {
    var options = PreparationOptions()
    options.resize = resize
    options.crop = 8
    options.train = 1
    options.valid = 1
    return options
  }
}

@Suite struct PixelBudgetTests {
  @Test func threadsTogetherNeverTakeMore() {
    let budget = PixelBudget(bytes: 100)
    let taken = Mutex((now: 0, most: 0))
    let done = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 200) { index in
      let count = [100, 7, 60, 1, 33][index % 5]
      budget.withBytes(count) {
        taken.withLock { $0 = ($0.now + count, max($0.most, $0.now + count)) }
        usleep(200)
        taken.withLock { $0.now -= count }
      }
      done.add(1, ordering: .relaxed)
    }
    #expect(done.load(ordering: .relaxed) == 200)
    #expect(taken.withLock { $0.now } == 0)
    #expect(taken.withLock { $0.most } == 100)
  }

  @Test func anErrorGivesTheBytesBack() {
    struct Fault: Error {}
    let budget = PixelBudget(bytes: 10)
    for _ in 0..<3 { #expect(throws: Fault.self) { try budget.withBytes(10) { throw Fault() } } }
    #expect(budget.withBytes(10) { true })
  }
}
