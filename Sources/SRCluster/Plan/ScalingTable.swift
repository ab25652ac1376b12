/// Predictions for growing numbers of ranks, and where more of them no longer help.
package struct ScalingTable: Sendable, CustomStringConvertible {
  /// By growing number of ranks.
  package let predictions: [ScalingModel.Prediction]

  /// Precondition: `ranks` and `batchSize` are at least 1.
  ///
  /// - Parameters:
  ///   - ranks: the largest number; the table doubles up to it.
  ///   - batchSize: of all ranks together, or of each where `growsBatch`.
  package init(_ model: ScalingModel, upTo ranks: Int, batchSize: Int, growsBatch: Bool) {
    var counts: [Int] = []
    var count = 1
    while count < ranks {
      counts.append(count)
      count *= 2
    }
    counts.append(ranks)
    predictions = counts.filter { growsBatch || $0 <= batchSize }.map {
      model.predict(ranks: $0, batchSize: growsBatch ? batchSize * $0 : batchSize)
    }
  }

  /// The prediction that is the fastest; more ranks do not help.
  package var best: ScalingModel.Prediction {
    predictions.max { $0.imagesPerSecond < $1.imagesPerSecond }!
  }

  /// The most ranks that are used by half at least.
  package var lastEfficient: ScalingModel.Prediction {
    predictions.last { $0.efficiency >= 0.5 } ?? predictions[0]
  }

  /// The table, and what it says about more ranks.
  package var description: String {
    var lines = [" ranks    batch   step ms  exposed ms  images/s  efficiency"]
    for row in predictions {
      let columns = [
        padded("\(row.ranks)", 6), padded("\(row.batchSize)", 9), padded(tenths(row.step * 1000), 10),
        padded(tenths(row.exposed * 1000), 12), padded(tenths(row.imagesPerSecond), 10),
        padded("\(Int((row.efficiency * 100).rounded())) %", 12),
      ]
      lines.append(columns.joined())
    }
    if best.ranks < predictions.last!.ranks {
      lines.append("more than \(best.ranks) ranks are not faster")
    } else {
      lines.append("still gaining at \(best.ranks) ranks")
    }
    lines.append("efficiency stays above 50 % up to \(lastEfficient.ranks) ranks")
    return lines.joined(separator: "\n")
  }

  private func tenths(_ value: Double) -> String {
    let scaled = Int((value * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
  }
  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
