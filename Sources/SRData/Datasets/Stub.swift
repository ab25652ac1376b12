extension DatasetSplit {
  public static func synthetic(trainCount: Int, validCount: Int, seed: UInt64) -> DatasetSplit { fatalError() }
}
