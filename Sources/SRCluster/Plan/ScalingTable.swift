import SRFiles

/// Predictions for growing numbers of ranks, and the number from which more ranks are not faster.
package struct ScalingTable: Sendable, CustomStringConvertible {
  /// By growing number of ranks.
  package let predictions: [ScalingModel.Prediction]
  /// Whether more ranks than those of the last prediction would have work.
  private let feedsMoreRanks: Bool

  /// Precondition: `ranks` and `batchSize` are at least 1.
  ///
  /// - Parameters:
  ///   - ranks: the largest number of ranks. Numbers double up to it.
  ///   - batchSize: of all ranks together, or of each rank if `growsBatch`.
  package init(_ model: ScalingModel, upTo ranks: Int, batchSize: Int, growsBatch: Bool) {
    var counts: [Int] = []
    var count = 1
    while count < ranks {
      counts.append(count)
      count *= 2
    }
    counts.append(ranks)
    let fed = counts.filter { growsBatch || $0 <= batchSize }
    predictions = fed.map {
      model.predict(ranks: $0, batchSize: growsBatch ? batchSize * $0 : batchSize)
    }
    feedsMoreRanks = growsBatch || fed.last! < batchSize
  }

  /// The fastest prediction. More ranks are not faster.
  package var best: ScalingModel.Prediction {
    predictions.max { $0.imagesPerSecond < $1.imagesPerSecond }!
  }

  /// The largest number of ranks whose efficiency is at least one half.
  package var lastEfficient: ScalingModel.Prediction {
    predictions.last { $0.efficiency >= 0.5 } ?? predictions[0]
  }

  /// The table, and what it says about more ranks.
  package var description: String {
    var table = TextTable([
      .right(atLeast: 6), .right(atLeast: 7), .right(atLeast: 8), .right, .right, .right,
    ])
    table.append(["ranks", "batch", "step ms", "exposed ms", "images/s", "efficiency"])
    for row in predictions {
      table.append([
        "\(row.ranks)", "\(row.batchSize)", (row.step * 1000).inTenths, (row.exposed * 1000).inTenths,
        row.imagesPerSecond.inTenths, "\(Int((row.efficiency * 100).rounded())) %",
      ])
    }
    var lines = table.lines
    if best.ranks < predictions.last!.ranks {
      lines.append("more than \(best.ranks) ranks are not faster")
    } else if feedsMoreRanks {
      lines.append("more than \(best.ranks) ranks may be faster still")
    }
    lines.append("efficiency stays above 50 % up to \(lastEfficient.ranks) ranks")
    return lines.joined(separator: "\n")
  }
}

extension Double {
  /// The number rounded to tenths, halves away from zero. There is no negative zero. A number that has too many digits is written as
  /// 1e+23.
  var inTenths: String {
    guard magnitude < 1e15 else { return "\(self)" }
    let tenths = Int((magnitude * 10).rounded())
    return "\(self < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }
}
