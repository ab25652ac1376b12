import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// What counts as a picture, and what is said about the rest.
@Suite struct PictureListingTests {
  private let folder: TemporaryFolder
  private let png: [UInt8]
  private let jpeg: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    png = try bytes(of: Fixtures.path("pictures/rgb8.png"))
    jpeg = try bytes(of: Fixtures.path("pictures/rgb-444.jpg"))
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: target)
  }

  private var names: [String] {
    get throws { try PictureListing(directory: folder.path).pictures.map(\.description) }
  }

  @Test func contentCounts() throws {
    try folder.makeFolder("below/deeper")
    for name in ["a", "b.jfif", "below/c.JPE", "below/deeper/d.dat"] { try folder.write(jpeg, as: name) }
    for name in ["e.txt", "f.PNG", "below/g.jpg"] { try folder.write(png, as: name) }
    // Damaged, so it must be noticed.
    try folder.write([], as: "h.jpeg")
    for name in ["notes.txt", "i.gif", "png", "short"] { try folder.write([0xFF, 0xD8], as: name) }
    try folder.write(png, as: ".hidden.png")
    #expect(
      try names == [
        "a", "b.jfif", "below/c.JPE", "below/deeper/d.dat", "below/g.jpg", "e.txt", "f.PNG", "h.jpeg",
      ])
    #expect(
      "\(try PictureListing(directory: folder.path).passedOver)"
        == "4 files that are no JPEG or PNG (i.gif, notes.txt, png, ...), "
        + "1 hidden file or folder (.hidden.png)")
  }

  /// Links lead to files and folders inside and outside, in circles, to each other and to nothing.
  @Test func linksAreFollowedOnce() throws {
    let other = try TemporaryFolder()
    try other.makeFolder("album")
    try other.write(png, as: "album/1.png")
    try other.write(png, as: "album/2")
    try other.write(png, as: "single.png")
    try FileManager.default.createSymbolicLink(
      atPath: other.file("album/back"), withDestinationPath: folder.path)
    try folder.makeFolder("own")
    try folder.write(png, as: "own/3.png")
    try link("album", to: other.file("album"))
    try link("same-album", to: other.file("album"))
    try link("single.JPG", to: other.file("single.png"))
    try link("twice.png", to: "single.JPG")
    try link("a-link-to-own.png", to: "own/3.png")
    try link("own/up", to: "..")
    try link("own/self", to: "self")
    try link("gone.png", to: "nowhere")
    #expect(try names == ["album/1.png", "album/2", "own/3.png", "single.JPG"])
    let passedOver = try PictureListing(directory: folder.path).passedOver
    #expect(passedOver.count(.brokenLink) == 2)
    #expect(passedOver.count(.repeated) == 5)
    #expect("\(passedOver)".contains("2 links to nothing (gone.png, own/self)"), "\(passedOver)")
  }

  @Test func pipesAreNeverOpened() throws {
    // Opening one for reading would wait for a writer.
    try #require(mkfifo(folder.file("pipe.png"), 0o600) == 0)
    try #require(mkfifo(folder.file("pipe"), 0o600) == 0)
    try link("link-to-pipe.jpg", to: "pipe")
    try link("null.png", to: "/dev/null")
    #expect(try names == [])
    #expect(try PictureListing(directory: folder.path).passedOver.count(.special) == 4)
  }

  @Test func namesNeedNotBeUTF8() throws {
    let name = BytePath(bytes: [0xE9, 0x74, 0xE9] + Array("/\u{E9}t\u{E9}".utf8) + [0xFF])
    let parent = folder.path + "/"
    try #require(
      (Array(parent.utf8) + name.bytes.prefix(3) + [0]).withUnsafeBytes {
        mkdir($0.assumingMemoryBound(to: CChar.self).baseAddress!, 0o755)
      } == 0)
    let file = try OpenFile(BytePath(folder.path).appending(name), O_WRONLY | O_CREAT, for: .create)
    try png.withUnsafeBytes { try file.write($0) }
    #expect(try PictureListing(directory: folder.path).pictures == [name])

    var options = Photographs.options
    (options.train, options.valid) = (1, 1)
    let other = try ImageFile.encodePNG(RGBImage(width: 20, height: 21), path: "other.png")
    try folder.write(other, as: "other.png")
    let output = try TemporaryFolder()
    let manifest = try DatasetPreparation(
      inputs: .shared([folder.path]), output: output.path, options: options, threads: 1
    ).run().manifest
    #expect(Set((manifest.train + manifest.valid).map(\.source)) == [#"\xE9t\xE9/été\xFF"#, "other.png"])
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func whatMayNotBeReadIsNamed() throws {
    try folder.makeFolder("private")
    try folder.write(png, as: "closed")
    for name in ["private", "closed"] { chmod(folder.file(name), 0) }
    defer { for name in ["private", "closed"] { chmod(folder.file(name), 0o700) } }
    let listing = try PictureListing(directory: folder.path)
    #expect(
      "\(listing.passedOver)"
        == "1 file that cannot be read (closed), 1 folder that cannot be read (private)")
  }
}
