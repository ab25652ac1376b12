import SRData

/// A folder of small generated pictures to prepare.
package struct Photographs {
  package let directory: TemporaryFolder
  package let count: Int

  /// `count` pictures of different sizes, in two folders.
  package init(count: Int) throws {
    directory = try TemporaryFolder()
    self.count = count
    try directory.makeFolder("b")
    for number in 0..<count {
      let (width, height) = (20 + number % 5, 30 - number % 7)
      var image = RGBImage(width: width, height: height)
      for i in image.pixels.indices {
        image.pixels[i] = UInt8(truncatingIfNeeded: i * (number + 3) / 2 + number * 50)
      }
      let name = number % 3 == 0 ? "b/\(number).png" : "\(number).PNG"
      try ImageFile.writePNG(image, to: directory.file(name))
    }
  }

  /// Options for small arrays, which fit the pictures.
  package static var options: PreparationOptions {
    var options = PreparationOptions()
    options.resize = 16
    options.crop = 8
    options.train = 6
    options.valid = 3
    return options
  }

  package func prepare(
    to output: String, _ options: PreparationOptions = options, threads: Int = 2, force: Bool = false
  ) throws -> PreparationManifest {
    try DatasetPreparation(
      inputs: .shared([directory.path]), output: output, options: options, threads: threads,
      replacesExisting: force
    ).run().manifest
  }
}
