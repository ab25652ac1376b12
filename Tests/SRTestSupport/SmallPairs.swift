import SRData

/// Formula pictures as the .npy files of a data folder: small and quick to train on.
package enum SmallPairs {
  /// Writes `count` pairs of each split, and returns the folder's path. By default low-resolution pictures are 12 x 8, and
  /// high-resolution ones 48 x 32.
  @discardableResult
  package static func write(
    to folder: TemporaryFolder, count: Int = 12, height: Int = 32, width: Int = 48
  ) throws -> String {
    for split in ["train", "valid"] {
      let low = try NumPyWriter(
        path: folder.file("lr_\(split).npy"), shape: [count, height / 4, width / 4, 3])
      let high = try NumPyWriter(path: folder.file("hr_\(split).npy"), shape: [count, height, width, 3])
      for k in 0..<count {
        let pair = Formulas.pair(split == "train" ? k : 100 + k, height: height, width: width)
        try low.append(pair.low)
        try high.append(pair.high)
      }
      _ = try (low.finish(), high.finish())
    }
    return folder.path
  }
}
