import SRKernels
import SRTensor

/// One worker's parameters and memory for a layer's pass. All pointers outlive the pass.
package struct LayerContext {
  package let kernels: any KernelSet
  /// Parameter arena; shared, read only. Nil if the layers read prepared weights only.
  private let parameters: UnsafePointer<Float>?
  /// Weights in the kernels' form; shared, read only. The layers' `prepare` makes them once per step.
  package let prepared: UnsafePointer<Float>
  /// This sample's gradient leaf, an arena of the parameters' layout. Each layer overwrites its own part of the leaf. Nil if the
  /// pass needs no parameter gradients.
  package let gradients: UnsafeMutablePointer<Float>?
  /// Scratch memory of this worker alone. It is large enough for every layer.
  package let scratch: UnsafeMutablePointer<Float>
  /// Watches the passes in debug mode.
  package let observer: (any LayerObserver)?

  package init(
    kernels: any KernelSet, parameters: UnsafePointer<Float>?, prepared: UnsafePointer<Float>,
    gradients: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    observer: (any LayerObserver)? = nil
  ) {
    self.kernels = kernels
    self.parameters = parameters
    self.prepared = prepared
    self.gradients = gradients
    self.scratch = scratch
    self.observer = observer
  }

  /// A parameter that a layer reads unprepared.
  func parameter(_ entry: ParameterLayout.Entry) -> UnsafePointer<Float> {
    guard let parameters else { preconditionFailure("the pass has no parameters, but reads \(entry.name)") }
    return parameters + entry.offset
  }
}

/// Receives each layer's result during a pass.
package protocol LayerObserver: AnyObject, Sendable {
  /// Called when a forward or backward pass begins on this thread.
  func passBegins()

  /// Called after a layer's pass. `values` are the layer's output (forward) or the gradient that the layer passed on (backward).
  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int)

  /// Called in the forward pass of an attention with the factors of the channels.
  func gates(_ name: String, values: UnsafePointer<Float>, count: Int)
}

extension LayerObserver {
  package func gates(_ name: String, values: UnsafePointer<Float>, count: Int) {}
}

package enum LayerPass: String, Sendable {
  case forward
  case backward
}
