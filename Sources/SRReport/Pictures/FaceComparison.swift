import SRData

/// The samples of several runs side by side: LR, bicubic, each run's result, HR. A row is one validation image.
package struct FaceComparison {
  /// At most so many images are shown.
  package static let mostRows = 8

  private let rows: [[CaptionedGrid.Cell]]

  /// Compares the images of which each run has drawn a sample, as after its best epoch; if that has no picture, after its last.
  ///
  /// Nil if there is no such image.
  package init?(_ runs: [ReportedRun]) {
    let sheets = runs.compactMap { run in
      run.sheets.first { $0.epoch == run.best?.epoch } ?? run.sheets.last
    }
    guard sheets.count == runs.count, let first = sheets.first else { return nil }
    let faces = first.rows.compactMap { row -> [SampleSheet.Row]? in
      let others = sheets.compactMap { sheet in sheet.rows.first { $0.highRes == row.highRes } }
      return others.count == sheets.count ? others : nil
    }
    guard !faces.isEmpty else { return nil }
    rows = faces.prefix(Self.mostRows).map { face in
      let highRes = face[0].highRes
      func cell(_ image: RGBImage, _ name: String) -> CaptionedGrid.Cell {
        CaptionedGrid.Cell(
          image: image, caption: image.psnr(to: highRes).map { "\(name) \($0.fixed(2))" } ?? name)
      }
      let lowRes = face[0].lowRes.repeated(width: highRes.width, height: highRes.height)
      // The font has capitals, and a small d for dB alone.
      return [CaptionedGrid.Cell(image: lowRes, caption: "LR"), cell(face[0].bicubic, "bicubic")]
        + zip(runs, face).map { run, row in cell(row.superRes, run.name.uppercased()) }
        + [CaptionedGrid.Cell(image: highRes, caption: "HR")]
    }
  }

  /// The captions have the PSNR of the 8-bit images, in dB.
  package func image() -> RGBImage { CaptionedGrid(rows: rows).image() }
}
