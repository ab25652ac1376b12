import SRKernels
import SRTensor

/// What a layer's pass works with: one worker's view of parameters and memory. All pointers outlive the pass.
package struct LayerContext {
  package let kernels: any KernelSet
  /// Parameter arena; shared, read only. Nil where all that the layers read is prepared.
  private let parameters: UnsafePointer<Float>?
  /// Weights as the kernels want them, made once per step by the layers' `prepare`; shared, read only.
  package let prepared: UnsafePointer<Float>
  /// This sample's gradient leaf, an arena of the parameters' layout. Layers overwrite their part of it. Nil in
  /// passes that need no parameter gradients.
  package let gradients: UnsafeMutablePointer<Float>?
  /// Scratch memory of this worker alone, as large as the neediest layer asks.
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

  /// A parameter that a layer reads as it is.
  func parameter(_ entry: ParameterLayout.Entry) -> UnsafePointer<Float> {
    guard let parameters else { preconditionFailure("\(entry.name) is read in a pass without parameters") }
    return parameters + entry.offset
  }
}

/// Told of each layer's result as a pass goes along.
package protocol LayerObserver: AnyObject, Sendable {
  /// A forward or backward pass begins on this thread.
  func passBegins()

  /// `values` are the layer's output (forward) or the gradient it passed on (backward).
  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int)
}

package enum LayerPass: String, Sendable {
  case forward
  case backward
}
