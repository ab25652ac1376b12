import Foundation
import SwiftProtobuf

/// A network as another program reads it from a file: operations and weights, and nothing of srdist. It can be executed, loop
/// by loop, by the definitions of ONNX and ncnn.
struct ExportedGraph {
  enum Operation {
    /// `weight` is OIHW.
    case convolution(weight: [Double], bias: [Double], kernel: Int, stride: Int, padding: Int)
    case prelu(slope: [Double])
    case pixelShuffle(Int)
    /// Each pixel becomes a square of equal pixels.
    case nearest(Int)
    case add, multiply
    case mean
    case relu, sigmoid
    case copy
  }

  struct Node {
    let name: String
    let operation: Operation
    let inputs: [String]
    let outputs: [String]
  }

  /// [channels, height, width].
  struct Map {
    var (channels, height, width) = (0, 0, 0)
    var values: [Double] = []

    subscript(_ c: Int, _ y: Int, _ x: Int) -> Double {
      get { values[(c * height + y) * width + x] }
      set { values[(c * height + y) * width + x] = newValue }
    }

    init(_ channels: Int, _ height: Int, _ width: Int) {
      (self.channels, self.height, self.width) = (channels, height, width)
      values = [Double](repeating: 0, count: channels * height * width)
    }
  }

  struct Failure: Error { let reason: String }

  var nodes: [Node] = []

  /// Executes the nodes in the order of the file, as ncnn does.
  func run(_ input: Map, as name: String, to output: String) throws -> Map {
    var maps = [name: input]
    for node in nodes {
      let inputs = try node.inputs.map { name in
        guard let map = maps[name] else {
          throw Failure(reason: "\(node.name) reads \(name), which nobody has made")
        }
        return map
      }
      let result = try Self.apply(node.operation, inputs)
      for output in node.outputs {
        guard maps.updateValue(result, forKey: output) == nil else {
          throw Failure(reason: "\(output) is made twice")
        }
      }
    }
    guard let result = maps[output] else { throw Failure(reason: "nobody makes \(output)") }
    return result
  }

  private static func apply(_ operation: Operation, _ inputs: [Map]) throws -> Map {
    let source = inputs[0]
    var result = source
    switch operation {
    case .convolution(let weight, let bias, let kernel, let stride, let padding):
      let height = (source.height + 2 * padding - kernel) / stride + 1
      result = Map(bias.count, height, (source.width + 2 * padding - kernel) / stride + 1)
      for k in 0..<bias.count {
        for y in 0..<result.height {
          for x in 0..<result.width {
            var sum = bias[k]
            for c in 0..<source.channels {
              for i in 0..<kernel where (0..<source.height).contains(y * stride + i - padding) {
                for j in 0..<kernel where (0..<source.width).contains(x * stride + j - padding) {
                  sum +=
                    source[c, y * stride + i - padding, x * stride + j - padding]
                    * weight[((k * source.channels + c) * kernel + i) * kernel + j]
                }
              }
            }
            result[k, y, x] = sum
          }
        }
      }
    case .prelu(let slope):
      let area = source.height * source.width
      for index in result.values.indices where result.values[index] < 0 {
        result.values[index] *= slope.count == 1 ? slope[0] : slope[index / area]
      }
    case .pixelShuffle(let factor):
      result = Map(source.channels / (factor * factor), source.height * factor, source.width * factor)
      for c in 0..<result.channels {
        for y in 0..<result.height {
          for x in 0..<result.width {
            result[c, y, x] =
              source[(c * factor + y % factor) * factor + x % factor, y / factor, x / factor]
          }
        }
      }
    case .nearest(let factor):
      result = Map(source.channels, source.height * factor, source.width * factor)
      for c in 0..<result.channels {
        for y in 0..<result.height {
          for x in 0..<result.width { result[c, y, x] = source[c, y / factor, x / factor] }
        }
      }
    case .add, .multiply:
      let isSum = if case .add = operation { true } else { false }
      let other = inputs[1]
      guard other.channels == source.channels else { throw Failure(reason: "maps of other channels") }
      let spreads = other.height == 1 && other.width == 1
      for c in 0..<source.channels {
        for y in 0..<source.height {
          for x in 0..<source.width {
            let value = spreads ? other[c, 0, 0] : other[c, y, x]
            result[c, y, x] = isSum ? source[c, y, x] + value : source[c, y, x] * value
          }
        }
      }
    case .mean:
      result = Map(source.channels, 1, 1)
      let area = source.height * source.width
      for c in 0..<source.channels {
        result[c, 0, 0] = source.values[c * area..<(c + 1) * area].reduce(0, +) / Double(area)
      }
    case .relu: result.values = source.values.map { max($0, 0) }
    case .sigmoid: result.values = source.values.map { 1 / (1 + exp(-$0)) }
    case .copy: break
    }
    return result
  }
}

// MARK: - ONNX

extension ExportedGraph {
  init(_ model: ONNXModelProto) throws {
    var tensors: [String: [Double]] = [:]
    for tensor in model.graph.initializer {
      guard tensor.dataType == 1, tensor.rawData.count == 4 * Int(tensor.dims.reduce(1, *)) else {
        throw Failure(reason: "\(tensor.name) is not a float tensor of its shape")
      }
      tensors[tensor.name] = Self.floats(Array(tensor.rawData))
    }
    for node in model.graph.node {
      func integers(_ name: String) throws -> [Int64] {
        guard let attribute = node.attribute.first(where: { $0.name == name }) else {
          throw Failure(reason: "\(node.name) has no attribute \(name)")
        }
        return attribute.type == .int ? [attribute.i] : attribute.ints
      }
      func tensor(_ index: Int) throws -> [Double] {
        guard let tensor = tensors[node.input[index]] else {
          throw Failure(reason: "\(node.name) reads \(node.input[index]), which is no tensor")
        }
        return tensor
      }
      var inputs = 1
      let operation: Operation
      switch node.opType {
      case "Conv":
        let (kernel, strides) = (try integers("kernel_shape"), try integers("strides"))
        let pads = try integers("pads")
        guard Set(kernel).count == 1, Set(strides).count == 1, Set(pads).count == 1, pads.count == 4 else {
          throw Failure(reason: "\(node.name) is not square")
        }
        operation = .convolution(
          weight: try tensor(1), bias: try tensor(2), kernel: Int(kernel[0]), stride: Int(strides[0]),
          padding: Int(pads[0]))
      case "PRelu": operation = .prelu(slope: try tensor(1))
      case "DepthToSpace":
        guard node.attribute.contains(where: { $0.name == "mode" && $0.s == Data("CRD".utf8) }) else {
          throw Failure(reason: "\(node.name) has another order of channels than PyTorch")
        }
        operation = .pixelShuffle(Int(try integers("blocksize")[0]))
      case "Resize":
        let texts = Dictionary(
          uniqueKeysWithValues: node.attribute.map { ($0.name, String(decoding: $0.s, as: UTF8.self)) })
        let factors = try tensor(2)
        guard node.input[1].isEmpty, factors.count == 4, factors[2] == factors[3], factors[..<2] == [1, 1],
          texts == [
            "coordinate_transformation_mode": "asymmetric", "mode": "nearest", "nearest_mode": "floor",
          ]
        else { throw Failure(reason: "\(node.name) is not PyTorch's enlargement by nearest") }
        operation = .nearest(Int(factors[2]))
      case "Add": (operation, inputs) = (.add, 2)
      case "Mul": (operation, inputs) = (.multiply, 2)
      case "GlobalAveragePool": operation = .mean
      case "Relu": operation = .relu
      case "Sigmoid": operation = .sigmoid
      default: throw Failure(reason: "the test knows no operation \(node.opType)")
      }
      nodes.append(
        Node(
          name: node.name, operation: operation, inputs: Array(node.input.prefix(inputs)),
          outputs: node.output))
    }
  }

  private static func floats(_ bytes: [UInt8]) -> [Double] {
    stride(from: 0, to: bytes.count, by: 4).map { start in
      Double(
        Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    }
  }
}

// MARK: - ncnn

extension ExportedGraph {
  /// Reads a `.param` file and the weights of its layers. ncnn's documentation numbers the parameters of each layer.
  init(param: String, bin: [UInt8]) throws {
    let lines = param.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    guard lines.count > 2, lines[0] == ["7767517"], lines[1].count == 2, Int(lines[1][0]) == lines.count - 2
    else {
      throw Failure(reason: "the first lines do not fit the others")
    }
    var (place, blobs) = (0, Set<String>())
    var read: Set<String> = []
    func weights(_ count: Int) throws -> [Double] {
      guard place + 4 * count <= bin.count else { throw Failure(reason: "the weights end too early") }
      defer { place += 4 * count }
      return Self.floats(Array(bin[place..<place + 4 * count]))
    }
    for line in lines.dropFirst(2) {
      let (type, name) = (line[0], line[1])
      guard let inputCount = Int(line[2]), let outputCount = Int(line[3]) else {
        throw Failure(reason: "\(line)")
      }
      let inputs = Array(line[4..<4 + inputCount])
      let outputs = Array(line[4 + inputCount..<4 + inputCount + outputCount])
      var parameters: [Int: Int] = [:]
      for setting in line[(4 + inputCount + outputCount)...] {
        let parts = setting.split(separator: "=").map(String.init)
        // ncnn takes a parameter with a point for a fractional one, and Interp's factors are such.
        guard let number = Int(parts[0]), let value = Double(parts[1]),
          parts[1].contains(".") == (type == "Interp" && number > 0)
        else { throw Failure(reason: "\(name): \(setting)") }
        parameters[number] = Int(value)
      }
      // ncnn lets each blob be read once.
      for input in inputs where !blobs.contains(input) || !read.insert(input).inserted {
        throw Failure(reason: "\(name) reads \(input), which is absent or read already")
      }
      for output in outputs where !blobs.insert(output).inserted {
        throw Failure(reason: "\(output) is made twice")
      }
      func parameter(_ number: Int, _ standard: Int = 0) -> Int { parameters[number] ?? standard }
      func convolution(kernel: Int, stride: Int, padding: Int, count: Int) throws -> Operation {
        guard try weights(1) == [0] else { throw Failure(reason: "\(name): the weights are not float32") }
        let weight = try weights(count)
        return .convolution(
          weight: weight, bias: try weights(parameter(0)), kernel: kernel, stride: stride, padding: padding)
      }
      let operation: Operation
      switch type {
      case "Input": continue
      case "Split": operation = .copy
      case "Convolution":
        guard parameter(5) == 1 else { throw Failure(reason: "\(name) has no bias") }
        operation = try convolution(
          kernel: parameter(1), stride: parameter(3, 1), padding: parameter(4), count: parameter(6))
      case "InnerProduct":
        guard parameter(1) == 1 else { throw Failure(reason: "\(name) has no bias") }
        operation = try convolution(kernel: 1, stride: 1, padding: 0, count: parameter(2))
      case "PReLU": operation = .prelu(slope: try weights(parameter(0)))
      case "PixelShuffle": operation = .pixelShuffle(parameter(0))
      case "Interp" where parameter(0) == 1 && parameter(1) == parameter(2):
        operation = .nearest(parameter(1))
      case "BinaryOp" where parameter(0) == 0: operation = .add
      case "BinaryOp" where parameter(0) == 2: operation = .multiply
      case "Pooling" where parameter(0) == 1 && parameter(4) == 1: operation = .mean
      case "ReLU": operation = .relu
      case "Sigmoid": operation = .sigmoid
      default: throw Failure(reason: "the test knows no layer \(line)")
      }
      nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: outputs))
    }
    guard place == bin.count else {
      throw Failure(reason: "\(bin.count - place) bytes of weights are left over")
    }
    guard Int(lines[1][1]) == blobs.count, blobs.subtracting(read) == ["output"] else {
      throw Failure(reason: "the blobs are not those announced: \(blobs.subtracting(read))")
    }
  }
}
