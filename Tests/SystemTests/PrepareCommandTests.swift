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
      ["--input", input.path, "--output", output.path] + Self.small + [
        "--train", "4", "--valid", "2", "--depth", "8",
      ])
    #expect(child.status == 0)
    #expect(
      child.errors == """
        passed over: 1 file that is no JPEG or PNG (a.gif)
        warning: 2 images turned upright, as their EXIF data say
        warning: 2 images of 16 bits per channel, of which the upper 8 are kept
        warning: 1 image with transparency, which is dropped and not blended
        warning: 1 image of CMYK colours, read as Adobe's
        warning: 3 images are smaller than 16 x 16 and are enlarged, which adds no detail to learn; the smallest is rgb8png, \
        17 x 13. A lower --resize avoids that

        """)
  }

  /// The folders of pictures that are kilobytes on the disk and gigabytes in a careless reader's memory.
  @Test func hostilePicturesTakeLittleMemory() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("in")
    // Both texts would be inflated to 3 GB.
    for (name, width) in [("in/a.png", 64), ("in/b.png", 65)] {
      let texts = HostilePictures.png(width: width, height: 64, texts: 400, textBytes: 7_900_000)
      try folder.write(texts, as: name)
    }
    let few = ["--resize", "16", "--crop", "8", "--train", "1", "--valid", "1"]
    let places = ["--input", folder.file("in"), "--output"]
    let program = try RunningProgram(
      "srdist", ["prepare"] + places + [folder.file("texts")] + few)
    var peak = 0
    while program.isRunning { peak = max(peak, program.peakBytes ?? 0) }
    let ended = try program.wait()
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.errors == "")
    #expect(peak < 1 << 30)

    for name in ["in/a.png", "in/b.png"] {
      try folder.write(HostilePictures.png(width: 16384, height: 16384), as: name)
    }
    let refused = try Self.prepare(places + [folder.file("large")] + few + ["--memory", "200M"])
    #expect(refused.status == 1)
    for part in [".png: 16384 x 16384 pixels take ", "may take 200M; give --memory "] {
      #expect(refused.errors.contains(part), "\(part): \(refused.errors)")
    }
    let unreadable = try Self.prepare(places + [folder.file("large")] + few + ["--memory", "lots"])
    #expect(unreadable.status == 64)

    for name in ["in/a.png", "in/b.png"] {
      try folder.write(HostilePictures.progressiveJPEG(width: 1024, height: 1024, scans: 1500), as: name)
    }
    let scans = try Self.prepare(places + [folder.file("scans")] + few)
    #expect(scans.status == 1)
    #expect(scans.errors.contains("more than 100 scans"), "\(scans.errors)")
  }

  /// The picture is taken, and one line counts and shows what the decoder remarked.
  @Test func harmlessFaultsAreCountedAndOneIsShown() throws {
    let photographs = try Photographs(count: 7)
    // The last three bytes of the scan's header select coefficients. The first scan of a progressive file has 0, 0, 0; in a
    // sequential one these values have no meaning.
    for (name, width) in [("p.jpg", 32), ("q.jpg", 40)] {
      var phone = HostilePictures.progressiveJPEG(width: width, height: 32, scans: 1)
      let frame = try #require(phone.indices.first { phone[$0] == 0xFF && phone[$0 + 1] == 0xC2 })
      phone[frame + 1] = 0xC0
      // In a sequential scan, each block ends with a code for "no more coefficients", which is one bit here as well.
      let end = try #require(phone.firstRange(of: [0x01] + [UInt8](repeating: 0, count: 15) + [0xE0]))
        .upperBound
      phone[end - 1] = 0x00
      phone.replaceSubrange((phone.count - 4)..<(phone.count - 2), with: [0, 0, 0, 0])
      try photographs.directory.write(phone, as: name)
    }
    let output = try TemporaryFolder()
    let run = try Self.prepare(
      ["--input", photographs.directory.path, "--output", output.file("data")] + Self.small)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("warning: 2 images with faults that change no pixel"), "\(run.errors)")
    #expect(run.errors.contains("jpg: Invalid SOS parameters for sequential JPEG"), "\(run.errors)")
    #expect(try output.text("data/manifest.json").contains("\"warned\""))
  }

  /// The same picture twice, groups and folders of their own: what is left out is told.
  @Test func whatIsLeftOutIsTold() throws {
    let photographs = try Photographs(count: 10)
    let folder = photographs.directory
    try FileManager.default.copyItem(atPath: folder.file("1.PNG"), toPath: folder.file("b/copy"))
    let output = try TemporaryFolder()
    let all = ["--input", folder.path, "--resize", "28", "--crop", "8", "--train", "7", "--valid", "3"]
    let run = try Self.prepare(all + ["--output", output.file("all")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains("left out 1 picture that has the same pixels as another one"), "\(run.errors)")
    #expect(run.errors.contains("10 images are smaller than 28 x 28 and are enlarged"), "\(run.errors)")
    #expect(run.output.contains("10 of 11 pictures used (90.9 %)"), "\(run.output)")

    let few = try Self.prepare(
      ["--input", folder.path, "--output", output.file("few"), "--group-by", "^(b)/|.*"] + Self.small
        + ["--train", "3", "--valid", "1"])
    #expect(few.status == 0, "\(few.errors)")
    #expect(few.errors.contains("7 of 11 pictures (63.6 %) are left out"), "\(few.errors)")
    #expect(few.output.contains("none is on both sides"), "\(few.output)")

    let separate = [
      "--train-input", folder.path, "--valid-input", folder.file("b"), "--resize", "16", "--crop", "8",
    ]
    let apart = try Self.prepare(separate + ["--output", output.file("apart")])
    #expect(apart.status == 0, "\(apart.errors)")
    // The copy of 1.PNG is one of the five in b.
    #expect(apart.output.contains("5 validation pairs"), "\(apart.output)")
    #expect(apart.output.contains("5 training"), "\(apart.output)")

    for arguments in [["--input", folder.path] + separate, ["--train-input", folder.path], []] {
      let wrong = try Self.prepare(arguments + ["--output", output.file("wrong")])
      #expect(wrong.status == 64)
      #expect(wrong.errors.contains("expected either --input"), "\(wrong.errors)")
    }
    for (pattern, text) in [("(", "not a regular expression"), ("^b/", "matches nothing in 6 of 11")] {
      let wrong = try Self.prepare(all + ["--output", output.file("wrong"), "--group-by", pattern])
      #expect(wrong.status != 0)
      #expect(wrong.errors.contains(text), "\(wrong.errors)")
    }
    #expect(try !output.names().contains("wrong"))
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
