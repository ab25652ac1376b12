import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// The output of a preparation holds the old data or the new data, whoever writes and whenever it is stopped.
@Suite struct PreparedFolderTests {
  private let photographs: Photographs
  private let output: TemporaryFolder
  private let newData: TemporaryFolder
  /// The options of the data that are there first, and of those that replace them.
  private let (oldOptions, newOptions): (PreparationOptions, PreparationOptions)

  init() throws {
    photographs = try Photographs(count: 10)
    output = try TemporaryFolder()
    newData = try TemporaryFolder()
    var options = Photographs.options
    options.keepFull = true
    oldOptions = options
    options.keepFull = false
    options.seed = 5
    newOptions = options
    _ = try photographs.prepare(to: output.path, oldOptions)
    _ = try photographs.prepare(to: newData.path, newOptions)
  }

  private func content(_ folder: TemporaryFolder) throws -> [String: [UInt8]] {
    let files = try folder.names().filter { $0.hasSuffix(".npy") || $0 == PreparationManifest.fileName }
    return try Dictionary(uniqueKeysWithValues: files.map { ($0, try bytes(of: folder.file($0))) })
  }

  /// A killed program leaves complete data in a folder within the output, and may have moved any number of them. Readers refuse
  /// that, and the same preparation finishes it.
  @Test(arguments: 0...8)
  func anInterruptedExchangeIsFinished(moves: Int) throws {
    let new = try content(newData)
    try output.makeFolder(".srdist-prepared")
    for (name, bytes) in new { try output.write(bytes, as: ".srdist-prepared/\(name)") }
    let files = FileManager.default
    let arrays = new.keys.filter { $0.hasSuffix(".npy") }.sorted()
    var steps: [() throws -> Void] = [
      { try files.removeItem(atPath: output.file("manifest.json")) },
      { try files.removeItem(atPath: output.file("full_train.npy")) },
    ]
    for name in arrays + ["manifest.json"] {
      steps.append {
        try DirectoryCalls.rename(output.file(".srdist-prepared/\(name)"), to: output.file(name))
      }
    }
    steps.append { try files.removeItem(atPath: output.file(".srdist-prepared")) }
    #expect(steps.count == 8)
    for step in steps.prefix(moves) { try step() }

    if moves < 7 {
      let error = #expect(throws: PreparationError.self) { try DatasetSplit.load(directory: output.path) }
      #expect(error == .exchangeIncomplete(output.path))
      let manifest = try photographs.prepare(to: output.path, newOptions)
      #expect(manifest.options == newOptions)
    }
    _ = try DatasetSplit.load(directory: output.path)
    #expect(try content(output) == new)
    if moves < 7 { #expect(try output.names() == new.keys.sorted()) }
  }

  /// Another command finishes it too, but does not replace the data unless it is told so.
  @Test func anInterruptedExchangeIsFinishedByAnotherCommand() throws {
    try output.makeFolder(".srdist-prepared")
    let new = try content(newData)
    for (name, bytes) in new { try output.write(bytes, as: ".srdist-prepared/\(name)") }
    let error = #expect(throws: PreparationError.self) {
      try photographs.prepare(to: output.path, oldOptions)
    }
    #expect(error == .earlierDataInPlace(output.path))
    #expect(try content(output) == new)
    _ = try photographs.prepare(to: output.path, oldOptions, force: true)
    #expect(try output.names().contains("full_train.npy"))
  }

  /// Nothing is replaced by data that are not what their manifest says.
  @Test(arguments: ["lr_train.npy", "hr_valid.npy", "manifest.json"])
  func damagedDataReplaceNothing(name: String) throws {
    let old = try content(output)
    try output.makeFolder(".srdist-prepared")
    for (name, bytes) in try content(newData) { try output.write(bytes, as: ".srdist-prepared/\(name)") }
    var bytes = try bytes(of: newData.file(name))
    bytes[bytes.count / 2] ^= 0x20
    if name == "manifest.json" { bytes.removeLast(10) }
    try output.write(bytes, as: ".srdist-prepared/\(name)")
    for force in [false, true] {
      let error = #expect(throws: PreparationError.self) {
        try photographs.prepare(to: output.path, newOptions, force: force)
      }
      #expect(error?.description.contains(".srdist-prepared") == true)
      #expect(try content(output) == old)
      #expect(try FileManager.default.contentsOfDirectory(atPath: output.file(".srdist-prepared")).count == 5)
    }
  }

  @Test func aFailureKeepsTheOldData() throws {
    let old = try content(output)
    try photographs.directory.write([1], as: "broken.png")
    var options = newOptions
    options.train = 8
    #expect(throws: PreparationError.self) {
      try photographs.prepare(to: output.path, options, force: true)
    }
    #expect(try content(output) == old)
    #expect(try output.names() == old.keys.sorted())
    _ = try DatasetSplit.load(directory: output.path)
  }

  @Test func aFolderWithAnArraysNameIsNotTouched() throws {
    let place = try TemporaryFolder()
    try place.makeFolder("hr_train.npy")
    try place.write([1], as: "hr_train.npy/precious")
    let error = #expect(throws: PreparationError.self) {
      try photographs.prepare(to: place.path, force: true)
    }
    #expect(error == .inTheWay(place.file("hr_train.npy")))
    #expect(try place.names() == ["hr_train.npy"])
  }

  /// What a killed preparation left is removed, and does not make the folder look used.
  @Test func leftoversAreRemoved() throws {
    let place = try TemporaryFolder()
    try place.makeFolder(".srdist-prepare-1234")
    try place.write([1], as: ".srdist-prepare-1234/hr_train.npy.tmp-1")
    try place.write(Array("process 1 on elsewhere".utf8), as: FolderLock.fileName)
    _ = try photographs.prepare(to: place.path, newOptions)
    #expect(try place.names() == content(newData).keys.sorted())
  }

  /// Many at once, with and without `--force`: each one succeeds or says why, and what is there in the end is whole.
  @Test(arguments: [false, true])
  func severalAtOnce(force: Bool) throws {
    let place = try TemporaryFolder()
    let results = Results()
    DispatchQueue.concurrentPerform(iterations: 6) { number in
      do {
        let options = number % 2 == 0 ? newOptions : oldOptions
        _ = try photographs.prepare(to: place.file("data"), options, threads: 1, force: force)
        results.add(nil)
      } catch {
        results.add(error)
      }
    }
    #expect(results.errors.count < 6)
    for error in results.errors {
      #expect(error is FolderLockError || error as? PreparationError == .outputNotEmpty(place.file("data")))
    }
    let manifest = try ReadableJSON.decode(
      PreparationManifest.self, fromFile: place.file("data/manifest.json"))
    for array in manifest.arrays {
      #expect(try FileDigest(ofFile: place.file("data/\(array.file)")).sha256 == array.sha256)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: place.file("data"))
    #expect(names.sorted() == (manifest.arrays.map(\.file) + ["manifest.json"]).sorted())
  }

  private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var errors: [any Error] = []
    func add(_ error: (any Error)?) { lock.withLock { errors += [error].compactMap { $0 } } }
  }
}
