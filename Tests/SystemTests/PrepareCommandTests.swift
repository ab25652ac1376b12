import Foundation
import SRData
import SRTestSupport
import Testing

/// The built program, run on real folders.
@Suite struct PrepareCommandTests {
  static func prepare(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("srdist", ["prepare"] + arguments)
  }

  static let small = ["--resize", "16", "--crop", "8", "--train", "6", "--valid", "3"]

  @Test func writesArraysThatLoad() throws {
    let photographs = try Photographs(count: 10)
    let output = try TemporaryFolder()
    let child = try Self.prepare(
      ["--input", photographs.directory.path, "--output", output.file("data")] + Self.small)
    #expect(child.status == 0, "\(child.errors)")
    #expect(child.output.contains("6 training and 3 validation pairs"))
    #expect(child.errors == "")
    let data = try DatasetSplit.load(directory: output.file("data"))
    #expect(data.train.count == 6)
    #expect(data.valid.highResHeight == 8)

    let again = try Self.prepare(
      ["--input", photographs.directory.path, "--output", output.file("data")] + Self.small)
    #expect(again.status != 0)
    #expect(again.errors.contains("not empty"))
  }

  @Test func faultsAreToldOnceAndFail() throws {
    let photographs = try Photographs(count: 8)
    try photographs.directory.write(Array("\u{89}PNG".utf8), as: "broken.png")
    let output = try TemporaryFolder()
    let places = ["--input", photographs.directory.path, "--output", output.file("data")]
    let broken = try Self.prepare(places + Self.small)
    #expect(broken.status != 0)
    #expect(broken.errors.components(separatedBy: "broken.png").count == 2, "\(broken.errors)")

    let skipped = try Self.prepare(places + Self.small + ["--valid", "2", "--skip-broken"])
    #expect(skipped.status == 0, "\(skipped.errors)")

    let small = try Self.prepare(places + ["--crop", "4"])
    #expect(small.status != 0)
    #expect(small.errors.contains("--crop 4 is too small"), "\(small.errors)")

    let odd = try Self.prepare(places + ["--crop", "30"])
    #expect(odd.status != 0)
    #expect(odd.errors.contains("--crop 30 is not a multiple of --scale 4"))
  }

  /// Whatever was changed in pictures or passed over is told with a count.
  @Test func changesAreCounted() throws {
    let input = try TemporaryFolder()
    for name in ["turned-6.jpg", "turned-3.jpg", "grey16.png", "rgba16.png", "cmyk.jpg", "rgb8.png"] {
      let picture = Repository.file("Tests/SRDataTests/Fixtures/pictures/\(name)")
      // The names say nothing.
      try FileManager.default.copyItem(
        atPath: picture, toPath: input.file(name.split(separator: ".").joined()))
    }
    try input.write([1, 2, 3], as: "a.gif")
    let output = try TemporaryFolder()
    let child = try Self.prepare(
      ["--input", input.path, "--output", output.path] + Self.small + ["--train", "4", "--valid", "2"])
    #expect(child.status == 0)
    #expect(
      child.errors == """
        passed over: 1 file that is no JPEG or PNG (a.gif)
        warning: 2 images turned upright, as their EXIF data say
        warning: 2 images of 16 bits per channel, of which the upper 8 are kept
        warning: 1 image with transparency, which is dropped and not blended
        warning: 1 image of CMYK colours, read as Adobe's

        """)
  }

  @Test(
    .enabled(if: Python.hasPillow, "needs a Python with Pillow and NumPy ($PYTHON)"),
    .enabled(if: SharedData.faceNames.count >= 24, "needs photographs in $SRDIST_SHARED_DATA/faces"))
  func realFacesEqualPillows() throws {
    let input = try TemporaryFolder()
    for name in SharedData.faceNames.prefix(24) {
      try FileManager.default.createSymbolicLink(
        atPath: input.file(name), withDestinationPath: "\(SharedData.faces)/\(name)")
    }
    let output = try TemporaryFolder()
    let child = try Self.prepare([
      "--input", input.path, "--output", output.path, "--train", "16", "--valid", "8", "--crops-per-image",
      "2",
    ])
    #expect(child.status == 0, "\(child.errors)")
    let python = try Python.run(Self.comparison, [input.path, output.path])
    #expect(python.output == "48 equal\n", "\(python.errors)")
  }

  /// Makes every pair again with Pillow, from the manifest.
  static let comparison = """
    import hashlib, json, sys, numpy
    from PIL import Image
    source, prepared = sys.argv[1:]
    manifest = json.load(open(prepared + "/manifest.json"))
    for array in manifest["arrays"]:
        data = open(prepared + "/" + array["file"], "rb").read()
        assert hashlib.sha256(data).hexdigest() == array["sha256"], array
    equal = 0
    for split in ("train", "valid"):
        high = numpy.load(prepared + "/hr_" + split + ".npy")
        low = numpy.load(prepared + "/lr_" + split + ".npy")
        for index, sample in enumerate(manifest[split]):
            image = Image.open(source + "/" + sample["source"]).convert("RGB").resize((256, 256), Image.BICUBIC)
            x, y = sample["crop_x"], sample["crop_y"]
            crop = image.crop((x, y, x + 128, y + 128))
            assert (numpy.asarray(crop) == high[index]).all(), sample
            assert (numpy.asarray(crop.resize((32, 32), Image.BICUBIC)) == low[index]).all(), sample
            equal += 1
    print(equal, "equal")
    """
}
