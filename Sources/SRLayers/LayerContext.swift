import SRKernels
import SRTensor

/// What a layer's pass works with: one worker's view of parameters and memory. All pointers outlive the pass.
public struct LayerContext {
  public let kernels: any KernelSet
  /// Parameter arena; shared, read only. Nil where all that the layers read is prepared.
  private let parameters: UnsafePointer<Float>?
  /// Weights as the kernels want them, made once per step by the layers' `prepare`; shared, read only.
  public let prepared: UnsafePointer<Float>
  /// This sample's gradient leaf, an arena of the parameters' layout. Layers overwrite their part of it. Nil in
  /// passes that need no parameter gradients.
  public let gradients: UnsafeMutablePointer<Float>?
  /// Scratch memory of this worker alone, as large as the neediest layer asks.
  public let scratch: UnsafeMutablePointer<Float>
  /// Watches the passes in debug mode.
  public let observer: (any LayerObserver)?

  public init(
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
public protocol LayerObserver: AnyObject, Sendable {
  /// A forward or backward pass begins on this thread.
  func passBegins()

  /// `values` are the layer's output (forward) or the gradient it passed on (backward).
  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int)
}

public enum LayerPass: String, Sendable {
  case forward
  case backward
}
