import SRTensor

/// Sums per-sample gradients over a batch, whichever processes compute them, into one mean gradient.
///
/// One step:
/// ```
/// let samples = reducer.begin(batchSize: B)       // main thread
/// for sample in samples {                         // worker threads, in order of starting
///   let leaf = reducer.beginSample(sample)
///   ... backward pass writes leaf ...
///   reducer.complete(sample: sample, bucket: 0)   // as soon as each bucket's range is final
///   ...
/// }
/// try reducer.finish()                            // main thread; the destination holds the mean
/// ```
package protocol GradientReducer: AnyObject, Sendable {
  /// How the arena is cut for the exchange.
  var buckets: GradientBuckets { get }
  /// Where ``finish()`` leaves the mean gradient, an arena.
  var destination: AlignedBuffer { get }
  /// Leaves and wire buffers allocated so far; constant once a training loop runs steadily.
  var allocations: Int { get }

  /// Starts a step over a batch of `batchSize` samples and returns those that this process computes: empty
  /// where a short batch has fewer samples than ranks. The destination is overwritten from now on.
  func begin(batchSize: Int) -> Range<Int>

  /// Room for a sample's gradient, `arenaCount` floats. They are left over from an earlier sample: each
  /// parameter's floats are to be overwritten, the layout's gaps to be left alone (they are zero).
  func beginSample(_ sample: Int) -> UnsafeMutablePointer<Float>

  /// Says that a bucket of a sample's gradient is final; each bucket once. Merges it up the tree and starts
  /// the bucket's exchange where it was the last one missing.
  func complete(sample: Int, bucket: Int)

  /// Waits until the destination holds the mean gradient. All samples are complete.
  ///
  /// Throws ``MPIError`` where the exchange failed.
  func finish() throws
}

extension GradientReducer {
  /// Says that all of a sample's gradient is final.
  package func complete(sample: Int) {
    for bucket in 0..<buckets.count { complete(sample: sample, bucket: bucket) }
  }
}
