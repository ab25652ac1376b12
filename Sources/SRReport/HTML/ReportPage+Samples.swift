import Foundation
import SRData
import SRMetrics

/// The sample pictures. Each picture is in the page once. The script makes the comparisons with a slider from them.
extension ReportPage {
  /// One image in several versions.
  fileprivate struct Face {
    struct Version {
      /// Such as `bicubic` or `SR, epoch 8`.
      let title: String
      let image: RGBImage
      /// The index of the run that made it; nil for what all runs share.
      var run: Int?
    }

    let highRes: RGBImage
    var lowRes: [Version]
    var bicubic: [Version]
    var superRes: [Version] = []

    var versions: [Version] {
      lowRes + bicubic + superRes + [Version(title: "HR", image: highRes)]
    }
  }

  /// At most so many images are shown.
  package static let mostFaces = 8
  /// Sheets that are not cut are shown whole if they have at most so many pixels.
  private static let mostPixels = 1 << 22

  var samples: Section? {
    let all = faces
    guard !all.isEmpty || runs.contains(where: { !$0.sheets.isEmpty }) else { return nil }
    let shown = all.prefix(Self.mostFaces)
    let cards: [HTML] = shown.enumerated().map { number, face in card(face, number: number + 1) }
    let more: HTML =
      all.count > shown.count
      ? "<p class=\"note\">\(shown.count) of \(all.count) samples are shown.</p>\n" : ""
    return Section(
      id: "samples", title: "Samples",
      content: """
        <div class="choice" hidden="hidden">
        <label>left <select data-side="left"></select></label>
        <label>right <select data-side="right"></select></label>
        </div>
        <div class="faces">
        \(cards)</div>
        \(more)\(wholeSheets)\
        <p class="note">PSNR is that of the 8-bit pictures shown here, in dB.</p>
        """)
  }

  /// The samples of all runs. Those with the same high-resolution image are one.
  private var faces: [Face] {
    var faces: [Face] = []
    for (index, run) in runs.enumerated() {
      for sheet in run.sheets {
        for row in sheet.rows {
          let place = faces.firstIndex { $0.highRes == row.highRes }
          let position = place ?? faces.endIndex
          if place == nil { faces.append(Face(highRes: row.highRes, lowRes: [], bicubic: [])) }
          faces[position].add(row, of: sheet, run: index, title: title(of: sheet, run: run))
        }
      }
    }
    return faces
  }

  private func title(of sheet: SampleSheet, run: ReportedRun) -> String {
    let name = runs.count > 1 ? "\(run.name), epoch \(sheet.epoch)" : "SR, epoch \(sheet.epoch)"
    return sheet.epoch == run.best?.epoch ? "\(name), best" : name
  }

  private func card(_ face: Face, number: Int) -> HTML {
    let pictures: [HTML] = face.versions.map { version in
      let psnr = version.image == face.highRes ? nil : version.image.psnr(to: face.highRes)
      let kind: HTML = version.title == "LR" ? " class=\"pixels\"" : ""
      let value: HTML = psnr.map { " <span class=\"number\">\($0.fixed(2))</span>" } ?? ""
      let mark: HTML = runs.count > 1 ? version.run.map { swatch(ofRun: $0) } ?? "" : ""
      return """
        <figure data-version="\(version.title)"\(psnr.map { HTML(markup: " data-psnr=\"\($0.fixed(2))\"") } ?? "")>\
        <img\(kind) src="\(Self.source(version.image))" width="\(face.highRes.width)" height="\(face.highRes.height)" \
        alt="\(version.title)"/>\
        <figcaption>\(mark)\(version.title)\(value)</figcaption></figure>

        """
    }
    return """
      <article class="face" aria-label="Sample \(number)">
      <h3>Sample \(number)</h3>
      <div class="versions">
      \(pictures)</div>
      </article>

      """
  }

  /// The pictures that are not laid out as this program does it.
  private var wholeSheets: [HTML] {
    runs.flatMap { run in
      run.sheets.filter(\.rows.isEmpty).map { sheet -> HTML in
        let title = "\(run.name), epoch \(sheet.epoch)"
        guard sheet.image.width * sheet.image.height <= Self.mostPixels else {
          return """
            <p class="absent">The picture of \(title) has \(sheet.image.width) x \(sheet.image.height) pixels, too \
            many for this page.</p>

            """
        }
        return """
          <figure class="sheet"><img src="\(Self.source(sheet.image))" alt="Samples of \(title)"/>\
          <figcaption>\(title)</figcaption></figure>

          """
      }
    }
  }

  private static func source(_ image: RGBImage) -> String {
    // Only a size that PNG cannot hold is an error, and the image was read from a PNG or cut from one.
    let bytes = (try? ImageFile.encodePNG(image, path: "the page")) ?? []
    return "data:image/png;base64,\(Data(bytes).base64EncodedString())"
  }
}

extension ReportPage.Face {
  /// Runs with the same data share LR and bicubic upsampling.
  fileprivate mutating func add(_ row: SampleSheet.Row, of sheet: SampleSheet, run: Int, title: String) {
    if !lowRes.contains(where: { $0.image == row.lowRes }) {
      lowRes.append(Version(title: lowRes.isEmpty ? "LR" : "LR of \(title)", image: row.lowRes))
    }
    if !bicubic.contains(where: { $0.image == row.bicubic }) {
      bicubic.append(
        Version(title: bicubic.isEmpty ? "bicubic" : "bicubic of \(title)", image: row.bicubic))
    }
    superRes.append(Version(title: title, image: row.superRes, run: run))
  }
}
