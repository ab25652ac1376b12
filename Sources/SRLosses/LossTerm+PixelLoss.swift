import SRKernels

extension LossTerm.Kind {
  /// The loss of this name, where it needs the image pair alone; nil where it needs a network's weights.
  package func pixelLoss(kernels: any KernelSet) -> (any Loss)? {
    switch self {
    case .mse: MSELoss(kernels: kernels)
    case .charbonnier: CharbonnierLoss(kernels: kernels)
    case .ssim: SSIMLoss(window: .gaussian, kernels: kernels)
    case .ssimBox: SSIMLoss(window: .box, kernels: kernels)
    case .edge: SobelEdgeLoss(kernels: kernels)
    case .vgg, .lpipsVGG, .lpipsAlex, .lpipsSqueeze: nil
    }
  }
}
