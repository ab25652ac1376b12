// swift-tools-version: 6.3
import PackageDescription

/// Every warning is an error; see CONTRIBUTING.md.
let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]

/// Flags of one build of the vector kernels. The kernels hold only pointer loops, so bounds checks are off in these targets,
/// and only in these. `-Xcc -march` also affects Swift's own code generation. Without `-fno-math-errno`, each square root
/// tests its argument for C's errno, and square roots are computed one by one.
func kernelSettings(_ level: String, _ define: String) -> [SwiftSetting] {
  #if arch(x86_64)
    return [
      .define(define),
      .unsafeFlags([
        "-warnings-as-errors", "-Ounchecked", "-wmo", "-Xcc", "-march=\(level)", "-Xcc", "-fno-math-errno",
      ]),
    ]
  #else
    return [
      .define(define),
      .unsafeFlags(["-warnings-as-errors", "-Ounchecked", "-wmo", "-Xcc", "-fno-math-errno"]),
    ]
  #endif
}

let package = Package(
  name: "srdist",
  products: [
    .executable(name: "srdist", targets: ["srdist"]),
    .executable(name: "srdist-benchmark", targets: ["srdist-benchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // System libraries, found by pkg-config.
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // C shims.
    .systemLibrary(name: "CIntrinsics"),  // a header only: there is nothing to link
    .target(name: "CMPIShim", dependencies: ["COpenMPI"]),
    .target(name: "CImageShim", dependencies: ["CLibPNG", "CLibJPEG"]),
    .target(name: "CFilesShim"),

    // Rooms, lowest first. ARCHITECTURE.md draws the arrows.
    .target(name: "SRTensor", swiftSettings: strict),
    .target(name: "SRProcess", swiftSettings: strict),
    .target(name: "SRFiles", dependencies: ["COpenSSL", "CFilesShim"], swiftSettings: strict),
    .target(
      name: "SRData", dependencies: ["SRTensor", "SRFiles", "SRProcess", "CImageShim"], swiftSettings: strict),
    .target(
      name: "SRCheckpoint", dependencies: ["SRTensor", "SRFiles", "SRLayers", "SRModels", "CLibZip"],
      swiftSettings: strict),
    .target(
      name: "SRDistributed", dependencies: ["SRTensor", "SRFiles", "SRProcess", "CMPIShim"],
      swiftSettings: strict),
    .target(name: "SRKernels", dependencies: ["SRTensor"], swiftSettings: strict),
    .target(
      name: "SRKernelsX86V3", dependencies: ["SRKernels", "SRTensor", "CIntrinsics"],
      swiftSettings: kernelSettings("x86-64-v3", "SRDIST_X86_V3")),
    .target(
      name: "SRKernelsX86V4", dependencies: ["SRKernels", "SRTensor", "CIntrinsics"],
      swiftSettings: kernelSettings("x86-64-v4", "SRDIST_X86_V4")),
    .target(
      name: "SRKernelDispatch",
      dependencies: ["SRKernels", "SRKernelsX86V3", "SRKernelsX86V4"],
      swiftSettings: strict),
    .target(name: "SROptimizers", dependencies: ["SRTensor", "SRKernels"], swiftSettings: strict),
    .target(name: "SRLayers", dependencies: ["SRTensor", "SRKernels"], swiftSettings: strict),
    .target(
      name: "SRModels", dependencies: ["SRTensor", "SRKernels", "SRLayers"], swiftSettings: strict),
    .target(
      name: "SRInference",
      dependencies: ["SRTensor", "SRFiles", "SRProcess", "SRKernels", "SRLayers", "SRModels"],
      swiftSettings: strict),
    .target(name: "SRMetrics", dependencies: ["SRTensor", "SRKernels"], swiftSettings: strict),
    .target(
      name: "SRLosses", dependencies: ["SRTensor", "SRKernels", "SRLayers", "SRModels"],
      swiftSettings: strict),
    .target(
      name: "SRReport",
      dependencies: [
        "SRTensor", "SRFiles", "SRData", "SRMetrics",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["TensorBoard/event.proto"], resources: [.embedInCode("HTML/Assets")], swiftSettings: strict),
    .target(
      name: "SRExport",
      dependencies: [
        "SRTensor", "SRFiles", "SRLayers", "SRModels", "SRCheckpoint",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["ONNX/onnx.proto"], swiftSettings: strict),
    .target(
      name: "SRTraining",
      dependencies: [
        "SRTensor", "SRFiles", "SRProcess", "SRData", "SRCheckpoint", "SRDistributed", "SRKernels",
        "SRKernelDispatch", "SROptimizers", "SRLayers", "SRModels", "SRInference", "SRMetrics", "SRLosses",
        "SRReport",
        .product(name: "Yams", package: "Yams"), .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.embedInCode("Presets")], swiftSettings: strict),
    .target(
      name: "SRCluster",
      dependencies: [
        "SRFiles", "SRCheckpoint", "SRDistributed", "SRKernels", "SRKernelDispatch", "SRTraining",
      ],
      swiftSettings: strict),

    .target(
      name: "SRUpscale",
      dependencies: [
        "SRTensor", "SRFiles", "SRProcess", "SRData", "SRCheckpoint", "SRDistributed", "SRKernels",
        "SRModels",
        "SRInference", "SRMetrics", "SRReport", "SRTraining",
      ],
      swiftSettings: strict),

    // Programs.
    .executableTarget(
      name: "srdist",
      dependencies: [
        "SRCluster", "SRUpscale", "SRTraining", "SRModels", "SRFiles", "SRProcess", "SRData", "SRCheckpoint",
        "SRDistributed", "SRExport", "SRInference", "SRReport", "SRKernels", "SRKernelDispatch", "SRTensor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "srdist-benchmark",
      dependencies: [
        "SRModels", "SRLosses", "SROptimizers", "SRLayers", "SRKernels", "SRKernelDispatch", "SRTensor",
        "SRInference", "SRCheckpoint", "SRProcess", "COpenBLAS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "srdist-rank-checks",
      dependencies: ["SRDistributed", "SRProcess", "SRTensor"], swiftSettings: strict),
    .executableTarget(
      name: "srdist-fuzz",
      dependencies: ["SRData", "SRCheckpoint", "SRReport", "SRTraining", "SRFiles", "SRTensor"],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "SRTestSupport",
      dependencies: ["SRTensor", "SRKernels", "SRKernelDispatch", "SRData", "SRTraining"],
      path: "Tests/SRTestSupport", swiftSettings: strict),
    .testTarget(
      name: "SRTensorTests", dependencies: ["SRTensor", "SRTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SRFilesTests", dependencies: ["SRFiles", "SRTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SRProcessTests", dependencies: ["SRProcess", "SRTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SRDataTests", dependencies: ["SRData", "SRFiles", "SRTensor", "SRTestSupport"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "SRCheckpointTests",
      dependencies: ["SRCheckpoint", "SRModels", "SRTensor", "SRFiles", "SRTestSupport"],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "SRDistributedTests",
      dependencies: ["SRDistributed", "SRTestSupport", "srdist-rank-checks"],
      swiftSettings: strict),
    .testTarget(
      name: "SRKernelsTests",
      dependencies: ["SRKernels", "SRKernelDispatch", "SRTensor", "SRTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SROptimizersTests",
      dependencies: ["SROptimizers", "SRKernels", "SRKernelDispatch", "SRTensor"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "SRModelsTests",
      dependencies: [
        "SRModels", "SRLayers", "SROptimizers", "SRKernels", "SRKernelDispatch", "SRCheckpoint",
        "SRTestSupport",
      ], swiftSettings: strict),
    .testTarget(
      name: "SRInferenceTests",
      dependencies: [
        "SRInference", "SRModels", "SRLayers", "SRKernels", "SRKernelDispatch", "SRProcess", "SRTensor",
      ], swiftSettings: strict),
    .testTarget(
      name: "SRLossesTests",
      dependencies: [
        "SRLosses", "SRMetrics", "SRModels", "SRLayers", "SRKernels", "SRKernelDispatch", "SRCheckpoint",
        "SRData", "SRFiles", "SRTestSupport",
      ], resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "SRReportTests", dependencies: ["SRReport", "SRData", "SRFiles", "SRTestSupport"],
      swiftSettings: strict),
    // onnx.pb.swift is a link to the generated code: the test reads files with its own copy.
    .testTarget(
      name: "SRExportTests",
      dependencies: [
        "SRExport", "SRCheckpoint", "SRModels", "SRLayers", "SRKernelDispatch", "SRTensor", "SRFiles",
        "SRTestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], swiftSettings: strict),
    .testTarget(
      name: "SRTrainingTests",
      dependencies: [
        "SRTraining", "SRData", "SRDistributed", "SRKernels", "SRKernelDispatch", "SRLosses", "SRModels",
        "SRTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SRClusterTests",
      dependencies: ["SRCluster", "SRTraining", "SRDistributed", "SRKernelDispatch"],
      swiftSettings: strict),
    // Whole programs and scripts.
    .testTarget(
      name: "SystemTests",
      dependencies: [
        "SRTraining", "SRFiles", "SRData", "SRCheckpoint", "SRDistributed", "SRKernels", "SRKernelDispatch",
        "SRLosses", "SRModels", "SRReport", "SRTensor", "SRTestSupport", "SRUpscale", "srdist",
        "srdist-rank-checks",
        .product(name: "Logging", package: "swift-log"),
      ], resources: [.copy("Fixtures")], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
