import SRFiles

/// Pictures in the order in which they are tried, for one side of the split or for both.
struct PictureDraw {
  /// One side and the number of images that it takes.
  struct Side {
    let split: NumPyPairDataset.Split
    var count: Int
    /// Whether the count is an option's. Otherwise it is the number of all pictures, of which some may fall out.
    let isAsked: Bool
  }

  /// The sides in the order in which they are filled.
  var sides: [Side]
  let choice: [Int]
  /// What to say if there are too few.
  let shortage: TooFewImages

  var count: Int { sides.reduce(0) { $0 + $1.count } }

  /// The draws that fill both sides, in order. Throws ``PreparationError/tooFewImages(_:)``.
  static func all(
    of found: InputPictures, for inputs: PreparationInputs, images: ImagePreparation
  ) throws -> [PictureDraw] {
    let options = images.options
    func draw(
      _ range: Range<Int>, _ folders: [String], substream: UInt32,
      _ asks: [(split: NumPyPairDataset.Split, count: Int?)]
    ) throws -> PictureDraw {
      let sides = asks.map { Side(split: $0.split, count: $0.count ?? range.count, isAsked: $0.count != nil) }
      let shortage = TooFewImages(
        folders: folders, asks: sides.map { ($0.split.rawValue, max($0.count, 1)) }, found: range.count,
        passedOver: found.passedOver)
      let draw = PictureDraw(
        sides: sides, choice: images.choice(of: range, substream: substream), shortage: shortage)
      guard range.count >= max(draw.count, 1) else { throw PreparationError.tooFewImages(shortage) }
      return draw
    }
    switch inputs {
    case .shared(let folders):
      guard let train = options.train, let valid = options.valid else {
        throw PreparationError.invalidOption("folders that both sides share need --train and --valid")
      }
      return [
        try draw(
          found.pictures.indices, folders, substream: 0, [(.train, train), (.valid, valid)])
      ]
    case .separate(let train, let valid):
      let first = found.firstValid ?? found.pictures.count
      return [
        try draw(first..<found.pictures.count, valid, substream: 1, [(.valid, options.valid)]),
        try draw(0..<first, train, substream: 0, [(.train, options.train)]),
      ]
    }
  }
}
