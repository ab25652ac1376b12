/// What a picture's file holds beside its pixels, and what must stay with them: colours and size.
package struct PictureAttachments: Sendable, Equatable {
  /// An ICC profile; empty if there is none.
  package var profile: [UInt8] = []
  /// Why the file's profile is not here; nil if it is, or if there is none.
  package var profileFault: String?
  package var density: PixelDensity?
  /// A PNG's chunks gAMA, cHRM, sRGB and cICP. For each: 4 letters, a length of one byte, the data.
  package var colorChunks: [UInt8] = []

  package init() {}
}

/// How many pixels a printed picture has in a unit of length.
package struct PixelDensity: Sendable, Equatable {
  package enum Unit: Sendable {
    /// The numbers are the ratio of a pixel's sides, and no density.
    case none
    case inch, centimetre, metre
  }

  package let unit: Unit
  package let x: Int
  package let y: Int

  package init(unit: Unit, x: Int, y: Int) {
    self.unit = unit
    self.x = x
    self.y = y
  }

  /// That of the picture whose rows are this picture's columns.
  var turned: PixelDensity { PixelDensity(unit: unit, x: y, y: x) }

  /// As pixels per metre, for PNG. A ratio stays one.
  var perMetre: PixelDensity {
    switch unit {
    case .none, .metre: self
    case .centimetre: PixelDensity(unit: .metre, x: x * 100, y: y * 100)
    case .inch: PixelDensity(unit: .metre, x: Self.perMetre(x), y: Self.perMetre(y))
    }
  }

  /// As pixels per inch or centimetre, for JPEG; nil if the numbers are out of JPEG's range.
  var forJPEG: PixelDensity? {
    let density = unit == .metre ? PixelDensity(unit: .inch, x: Self.perInch(x), y: Self.perInch(y)) : self
    let range = 1...Int(UInt16.max)
    return range.contains(density.x) && range.contains(density.y) ? density : nil
  }

  private static let metresPerInch = 0.0254
  private static func perMetre(_ perInch: Int) -> Int { Int((Double(perInch) / metresPerInch).rounded()) }
  private static func perInch(_ perMetre: Int) -> Int { Int((Double(perMetre) * metresPerInch).rounded()) }
}
