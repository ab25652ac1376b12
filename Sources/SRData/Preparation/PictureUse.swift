/// What is to be said about the pictures of a preparation.
package struct PictureUse: Sendable {
  /// A picture with fewer pixels than it is resized to.
  package struct Enlarged: Sendable {
    package internal(set) var count = 0
    package internal(set) var smallest = (source: "", width: 0, height: 0)
  }

  /// The pictures that were found, and those of which samples were made.
  package internal(set) var (found, used) = (0, 0)
  /// How many of the images that were used had to be changed to become upright 8-bit RGB.
  package internal(set) var conversions: [PictureConversion: Int] = [:]
  package internal(set) var enlarged = Enlarged()
  /// The pixels of the pictures that were used, as they were resized, and those of their crops.
  package internal(set) var (pixels, cropPixels) = (0, 0)

  mutating func add(_ image: PreparedImage, source: String, _ options: PreparationOptions) {
    used += 1
    for conversion in image.conversions { conversions[conversion, default: 0] += 1 }
    let (width, height) = (image.sourceWidth, image.sourceHeight)
    if width < options.resize || height < options.resize {
      enlarged.count += 1
      let smallest = enlarged.smallest
      if enlarged.count == 1 || width * height < smallest.width * smallest.height {
        enlarged.smallest = (source, width, height)
      }
    }
    pixels += options.resize > 0 ? options.resize * options.resize : width * height
    cropPixels += options.cropsPerImage * options.crop * options.crop
  }
}
