import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

@Suite struct FolderPicturesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["lr", "hr", "hr/sub", "lr/sub"] { try folder.makeFolder(name) }
  }

  private func picture(_ width: Int, _ height: Int, _ seed: Int = 1) -> RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 * seed) })
  }

  private func write(_ name: String, _ width: Int, _ height: Int, _ seed: Int = 1) throws {
    try ImageFile.writePNG(picture(width, height, seed), to: folder.file(name))
  }

  private func pairs(
    template: FileNameTemplate? = nil, scale: Int? = nil, cropMultiple: Int = 1
  ) throws -> FolderPictures {
    try FolderPictures(
      lowRes: folder.file("lr"), highRes: folder.file("hr"), template: template, scale: scale,
      cropMultiple: cropMultiple)
  }

  private func refusal(_ body: () throws -> FolderPictures) -> String {
    do {
      _ = try body()
      return ""
    } catch { return "\(error)" }
  }

  /// Sizes may differ, endings too, and folders keep their shape. The order is that of the names.
  @Test func pairsAreFoundByName() throws {
    try write("hr/b.png", 20, 12)
    try write("hr/sub/a.PNG", 8, 16, 3)
    try write("hr/a.two.png", 4, 4)
    try write("lr/b.PNG", 5, 3)
    try write("lr/sub/a.png", 2, 4)
    try write("lr/a.two.png", 1, 1)
    let set = try pairs()
    #expect((0..<set.count).map(set.name) == ["a.two", "b", "sub/a"])
    #expect(set.scale == 4)
    #expect(set.size(at: 1) == PictureSize(width: 20, height: 12))
    let pair = try set.load(at: 2)
    #expect(pair.highRes == Raster(picture(8, 16, 3)) && pair.lowRes == Raster(picture(2, 4)) && !pair.isGrey)
    #expect(set.largestSize == PictureSize(width: 20, height: 12))
  }

  /// BasicSR's template, given or found.
  @Test func namesMayHaveATemplate() throws {
    for name in ["a", "b"] { try write("hr/\(name).png", 8, 8) }
    for name in ["a", "b"] { try write("lr/\(name)x2.png", 4, 4) }
    #expect(try pairs().scale == 2)
    #expect(try pairs(template: FileNameTemplate("{}x2"), scale: 2).count == 2)
    let other = refusal { try pairs(template: FileNameTemplate("lr-{}")) }
    #expect(other.contains("hr has 'a', which has no partner in"), "\(other)")
    #expect(other.contains("lr has 'ax2', which has no partner in"), "\(other)")
    #expect(other.contains("the template 'lr-{}' forms it"), "\(other)")
    for bad in ["x", "{}{}", "a/{}"] { #expect(FileNameTemplate(bad) == nil) }
  }

  /// Originals of pictures that lie elsewhere follow the same rule. Some may have no low-resolution picture.
  @Test func originalsAreFoundByTheSameNames() throws {
    for name in ["a", "b", "sub/c"] { try write("hr/\(name).png", 8, 8) }
    func path(_ name: String) -> BytePath { BytePath(name) }
    func original(_ name: String, template: FileNameTemplate? = nil, of inputs: [String]) throws -> String {
      try FolderOriginals(folder.file("hr"), template: template, scale: 4, lowRes: inputs.map(path))
        .original(of: path(name), in: "lr").description
    }
    #expect(try original("a.jpg", of: ["a.jpg"]) == folder.file("hr/a.png"))
    #expect(try original("sub/c", of: ["a.png", "sub/c"]) == folder.file("hr/sub/c.png"))
    #expect(try original("bx2.png", of: ["ax2.png", "bx2.png"]) == folder.file("hr/b.png"))
    #expect(
      try original("lr-b.png", template: FileNameTemplate("lr-{}"), of: ["lr-b.png"])
        == folder.file("hr/b.png"))
    for (name, template, rule) in [("ax3.png", "{}x4", "{}x4"), ("d.png", nil, "{}")]
      as [(String, String?, String)]
    {
      let error = #expect(throws: PictureSetError.self) {
        try original(name, template: template.flatMap { FileNameTemplate($0) }, of: ["a.png", name])
      }
      let stem = name.dropLast(4)
      #expect(
        error?.description
          == "lr has '\(stem)', which has no partner in \(folder.file("hr")). Each low-resolution "
          + "picture needs the name of its original, without the ending, as the template '\(rule)' forms it")
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    try write("hr/a.png", 9, 8)
    try write("lr/a.png", 2, 2)
    let size = refusal { try pairs(scale: 4) }
    #expect(size.contains("hr/a.png has 9 x 8 pixels, expected 8 x 8, 4 times those of "), "\(size)")
    #expect(try pairs(scale: 4, cropMultiple: 4).size(at: 0) == PictureSize(width: 8, height: 8))
    #expect(
      try pairs(scale: 4, cropMultiple: 4).load(at: 0).highRes
        == Raster(picture(9, 8).cropped(x: 0, y: 0, width: 8, height: 8)))
    for index in 0..<7 { try write("hr/more\(index).png", 8, 8) }
    let many = refusal { try pairs() }
    #expect(many.contains("'more0'") && many.contains("'more4'") && !many.contains("'more5'"), "\(many)")
    #expect(many.contains("and 2 more. "), "\(many)")
    try write("lr/a.jpg", 2, 2)
    #expect(refusal { try pairs() }.contains("a.jpg and a.png differ only in their endings"))
    #expect(
      refusal {
        try FolderPictures(
          highRes: folder.file("lr/sub"), scale: 4, cropMultiple: 4, resampling: .matlab)
      }.contains("lr/sub: no PNG, JPEG or .npy file is there"))
  }

  /// Low-resolution pictures are made from the cropped originals.
  @Test(arguments: Resampling.allCases)
  func originalsAloneAreEnough(_ resampling: Resampling) throws {
    try write("hr/a.png", 14, 13)
    let set = try FolderPictures(
      highRes: folder.file("hr"), scale: 2, cropMultiple: 4, resampling: resampling)
    let pair = try set.load(at: 0)
    #expect(pair.highRes == Raster(picture(14, 13).cropped(x: 0, y: 0, width: 12, height: 12)))
    #expect(pair.lowRes == pair.highRes.resized(width: 6, height: 6, by: resampling))
  }

  @Test func greyFilesAreKnown() throws {
    for (name, isGrey) in [("grey8.png", true), ("rgb8.png", false), ("grey.jpg", true), ("cmyk.jpg", false)]
    {
      let path = Fixtures.path("pictures/\(name)")
      let picture = try bytes(of: path).withUnsafeBytes { try ImageFile.decode($0, path: path) }
      #expect(picture.isGrey == isGrey, "\(name)")
    }
  }

  /// The hash covers names and bytes.
  @Test func theHashIsThatOfTheContents() throws {
    try write("hr/a.png", 8, 8)
    func hash() throws -> String {
      try FolderPictures(
        highRes: folder.file("hr"), scale: 2, cropMultiple: 2, resampling: .matlab
      ).contentHash()
    }
    let first = try hash()
    #expect(try hash() == first)
    try write("hr/a.png", 8, 8, 2)
    #expect(try hash() != first)
  }
}
