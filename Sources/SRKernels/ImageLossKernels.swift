/// Loops over image pairs that the losses and metrics are made of.
public protocol ImageLossKernels {
}
