import SRDistributed
import SRKernels
import SRLayers
import SRTensor
import Synchronization

/// A loss, a gradient or a weight is infinite or NaN. No checkpoint has such weights.
package struct NotFiniteError: CommonFailure, CustomStringConvertible, Equatable {
  /// The step of the run, from 1.
  package let step: Int
  /// Index of the first such image; nil if only the batch's sum overflowed.
  package let image: Int?
  /// What is not finite, such as `loss` or `the gradient of conv2.weight`.
  package let quantity: String
  /// The first layer whose result is not finite.
  package let layer: String?
  /// Whether the update made it. Otherwise the weights are as they were before the step.
  package let isOfUpdate: Bool

  private init(step: Int, image: Int?, quantity: String, layer: String?, isOfUpdate: Bool) {
    (self.step, self.image, self.quantity, self.layer) = (step, image, quantity, layer)
    self.isOfUpdate = isOfUpdate
  }

  init(weight: String, afterStep step: Int) {
    self.init(step: step, image: nil, quantity: "the weight \(weight)", layer: nil, isOfUpdate: true)
  }

  package var description: String {
    "step \(step): \(quantity) is not finite"
      + (isOfUpdate ? " after the update" : "")
      + (image.map { " for training image \($0)" } ?? "")
      + (layer.map { "; the first layer with such a result is \($0)" } ?? "")
      + (isOfUpdate ? ". No checkpoint has it. A lower" : ". The weights are those before the step. A lower")
      + " --learning-rate is the usual cure; it makes another run, which "
      + "needs another --output."
  }

  /// Throws if a sample's values or the batch's gradient are not finite. Every rank throws the same error.
  static func check(
    _ rows: [[Double]], _ gradients: ParameterArena, in batch: TrainingStep.Batch, step: TrainingStep,
    kernels: any KernelSet
  ) throws {
    let sample = rows.firstIndex { !$0.allSatisfy(\.isFinite) }
    if sample == nil && kernels.allFinite(gradients.pointer, count: gradients.count) { return }
    let entry = gradients.layout.entries.first {
      !kernels.allFinite(gradients.pointer(to: $0), count: $0.count)
    }
    let finder = FirstNotFinite()
    let suspects = sample.map { [$0] } ?? Array(batch.indices.indices)
    let culprit = suspects.first { candidate in
      step.observe(sample: candidate, of: batch, with: finder)
      return finder.found != nil
    }
    var quantity = "the gradient of \(entry?.name ?? "")"
    if let sample {
      let layout = step.layout
      let names = ["loss"] + layout.terms.map { "loss term \($0)" } + layout.metrics
      // The total is not finite because a term is not. Name that term.
      let bad = rows[sample].indices.reversed().last { $0 > 0 && !rows[sample][$0].isFinite } ?? 0
      quantity = names[bad]
    }
    throw NotFiniteError(
      step: batch.step, image: (sample ?? culprit).map { batch.indices[$0] }, quantity: quantity,
      layer: finder.found, isOfUpdate: false)
  }
}

/// Remembers the first layer whose result has a value that is not finite.
final class FirstNotFinite: LayerObserver {
  private let name = Mutex<String?>(nil)

  var found: String? { name.withLock { $0 } }

  func passBegins() {}

  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int) {
    guard found == nil else { return }
    for index in 0..<count where !values[index].isFinite {
      self.name.withLock { $0 = "\(name) (\(pass.rawValue) pass)" }
      return
    }
  }
}
