import SRData
import SRTestSupport
import Testing

/// Whole photographs against Pillow itself. The tests are skipped if there are no photographs or no Pillow. The committed
/// fixtures cover the same code with small pictures.
@Suite(
  .enabled(if: Python.hasPillow, "needs a Python with Pillow and NumPy ($PYTHON)"),
  .enabled(if: !SharedData.faceNames.isEmpty, "needs photographs in $SRDIST_SHARED_DATA/faces"))
struct PillowComparisonTests {
  static let program = """
    import sys, numpy
    from PIL import Image
    source, target, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    image = Image.open(source).convert("RGB")
    numpy.save(target + ".full.npy", numpy.asarray(image))
    numpy.save(target + ".resized.npy", numpy.asarray(image.resize((width, height), Image.BICUBIC)))
    """

  @Test(arguments: [(0, 256, 256), (1, 77, 31), (2, 700, 513), (3, 512, 100), (4, 333, 1024)])
  func facesEqual(number: Int, width: Int, height: Int) throws {
    let directory = try TemporaryFolder()
    let names = SharedData.faceNames
    let path = "\(SharedData.faces)/\(names[number * 97 % names.count])"
    let child = try Python.run(
      Self.program, [path, directory.file("pillow"), "\(width)", "\(height)"])
    #expect(child.status == 0, "\(child.errors)")
    let full = try NumPyArray(path: directory.file("pillow.full.npy"), rank: 3)
    let resized = try NumPyArray(path: directory.file("pillow.resized.npy"), rank: 3)

    let image = try ImageFile.read(path)
    #expect([image.height, image.width, 3] == full.shape)
    #expect(image.pixels.elementsEqual(full.bytes))
    #expect([height, width, 3] == resized.shape)
    #expect(image.resized(width: width, height: height).pixels.elementsEqual(resized.bytes))
  }

  @Test func numPyLoadsWhatIsWritten() throws {
    let directory = try TemporaryFolder()
    let writer = try NumPyWriter(path: directory.file("a.npy"), shape: [2, 3, 1, 3])
    try writer.append(Array(0..<18))
    _ = try writer.finish()
    let child = try Python.run(
      "import sys, numpy; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.ravel().tolist())",
      [directory.file("a.npy")])
    #expect(child.output == "uint8 (2, 3, 1, 3) \(Array(0..<18))\n", "\(child.errors)")
  }
}
