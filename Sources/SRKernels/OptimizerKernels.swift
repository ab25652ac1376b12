/// Flat updates of parameter arenas.
public protocol OptimizerKernels {
}
