import SRTensor

/// Sums the samples' gradients over a batch into one mean gradient, no matter which processes compute them.
///
/// One step looks like this:
/// ```
/// let samples = reducer.begin(batchSize: B)       // main thread
/// for sample in samples {                         // worker threads; they start the samples in order
///   let leaf = reducer.beginSample(sample)
///   ... the backward pass writes the leaf ...
///   reducer.complete(sample: sample, bucket: 0)   // as soon as the bucket's range is final
///   ...
/// }
/// try reducer.finish()                            // main thread; then the destination holds the mean
/// ```
package protocol GradientReducer: AnyObject, Sendable {
  /// How the arena is cut for the exchange.
  var buckets: GradientBuckets { get }
  /// Where ``finish()`` leaves the mean gradient, an arena.
  var destination: AlignedBuffer { get }
  /// Leaves and wire buffers allocated so far. Once a training loop runs steadily, this no longer grows.
  var allocations: Int { get }

  /// Starts a step over a batch of `batchSize` samples, and returns those that this process computes. If a short batch has
  /// fewer samples than ranks, some processes get none. From now on the destination is overwritten.
  func begin(batchSize: Int) -> Range<Int>

  /// Room for a sample's gradient: `arenaCount` floats, left over from an earlier sample. The caller overwrites each
  /// parameter's floats, and leaves the layout's gaps alone (they are zero).
  func beginSample(_ sample: Int) -> UnsafeMutablePointer<Float>

  /// Says that a bucket of a sample's gradient is final. Call it once for each bucket. The bucket is merged up the tree, and
  /// if it was the last one missing, its exchange starts.
  func complete(sample: Int, bucket: Int)

  /// Waits until the destination holds the mean gradient. Precondition: all samples are complete.
  ///
  /// Throws ``MPIError`` if the exchange fails.
  func finish() throws
}

extension GradientReducer {
  /// Says that all of a sample's gradient is final.
  package func complete(sample: Int) {
    for bucket in 0..<buckets.count { complete(sample: sample, bucket: bucket) }
  }
}
