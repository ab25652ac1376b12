import Foundation
import SRModels
import SRTensor
import Testing

@Suite struct ModelDescriptionTests {
  private static let descriptions =
    [
      ModelDescription.vanilla, .attention,
      SampleNetwork.model(scale: 1, features: 16, blocks: 1),
      SampleNetwork.model(scale: 2, features: 48, blocks: 3, attention: .squeezeExcitation(reduction: 8)),
      SampleNetwork.model(scale: 3, features: 32, blocks: 2),
      SampleNetwork.model(scale: 8, features: 32, blocks: 4, attention: .squeezeExcitation(reduction: 32)),
      .compact, SampleNetwork.compact(scale: 1, features: 16, blocks: 1),
      SampleNetwork.compact(scale: 3, features: 48, blocks: 32),
    ] + SampleNetwork.otherChannels

  @Test(arguments: descriptions)
  func jsonReadsBack(_ model: ModelDescription) throws {
    let json = try JSONEncoder().encode(model)
    #expect(try JSONDecoder().decode(ModelDescription.self, from: json) == model)
  }

  @Test func jsonHasTheNamesThatOtherToolsRead() throws {
    let object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(ModelDescription.attention)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "architecture", "scale", "in_channels", "out_channels", "features", "blocks", "attention",
      ])
    #expect(object["architecture"] as? String == "srresnet" && object["attention"] as? String == "se(16)")
  }

  @Test(arguments: descriptions)
  func tensorsTellTheModel(_ model: ModelDescription) throws {
    var layout = ParameterLayout()
    _ = model.network(in: &layout)
    #expect(try ModelDescription(tensors: shapes(layout)) == model)
  }

  @Test(arguments: [
    ("body.2.weight", nil, "no tensor body.2.weight"), ("body.1.weight", nil, "body.1.weight has shape []"),
    ("body.3.weight", [1], "body.3.weight has shape [1], expected [64], a PReLU's slope for each"),
    (
      "body.34.weight", [50, 64, 3, 3],
      "50 output channels, expected one of 1, 4, 9, 16, 64 (the scale's square) for each of the 3 channels"
    ),
    ("body.0.weight", [64, 2, 3, 3], "for each of the 2 channels that body.0.weight reads"),
    ("body.0.weight", [64, 0, 3, 3], "for each of the 0 channels"),
    ("body.0.weight", [1 << 40, 3, 3, 3], "at most 1024"),
  ])
  func tensorsOfNoCompactNetworkAreNamed(_ name: String, _ shape: [Int]?, _ reason: String) throws {
    try expectUnknown(.compact, name, shape, reason)
  }

  @Test(arguments: [
    ("conv1.0.weight", nil, "no tensor conv1.0.weight"), ("conv3.weight", nil, "no tensor conv3.weight"),
    ("conv1.0.weight", [64, 0, 9, 9], "in_channels is 0, expected from 1 to 256"),
    ("conv1.0.weight", [64], "4 dimensions"),
    (
      "conv1.0.weight", [24, 3, 9, 9], "upsample.0.block.0.weight has shape [256, 64, 3, 3], expected [96, 24"
    ),
    ("upsample.1.block.0.weight", [576, 64, 3, 3], "expected [256, 64, 3, 3]"),
    ("res_blocks.0.attention.se.1.weight", [5, 64, 1, 1], "expected a divisor of the 64 features"),
  ])
  func tensorsOfNoKnownModelAreNamed(_ name: String, _ shape: [Int]?, _ reason: String) throws {
    try expectUnknown(.attention, name, shape, reason)
  }

  /// `model`'s tensors, with one of them replaced, are refused.
  private func expectUnknown(
    _ model: ModelDescription, _ name: String, _ shape: [Int]?, _ reason: String
  ) throws {
    var layout = ParameterLayout()
    _ = model.network(in: &layout)
    var tensors = shapes(layout)
    tensors[name] = shape
    let error = #expect(throws: ModelDescriptionError.self) { try ModelDescription(tensors: tensors) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("scale", 5), ("scale", 0), ("features", 40), ("features", 0), ("features", 1 << 40), ("blocks", 0),
    ("blocks", 100_000), ("in_channels", 0), ("out_channels", 257), ("attention", 5),
  ])
  func valuesOutOfRangeAreRefused(_ name: String, _ value: Int) throws {
    var object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(ModelDescription.attention)) as? [String: Any])
    object[name] = name == "attention" ? "se(\(value))" : value
    let json = try JSONSerialization.data(withJSONObject: object)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ModelDescription.self, from: json)
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(context.debugDescription.hasPrefix("\(name) is "))
  }

  /// A compact network has no attention, and its description need not say so.
  @Test func aCompactDescriptionNeedsNoAttention() throws {
    let encoded = try JSONEncoder().encode(ModelDescription.compact)
    var object = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    #expect(object["attention"] as? String == "none")
    object["attention"] = nil
    let json = try JSONSerialization.data(withJSONObject: object)
    #expect(try JSONDecoder().decode(ModelDescription.self, from: json) == .compact)
    object["attention"] = "se(16)"
    let other = try JSONSerialization.data(withJSONObject: object)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ModelDescription.self, from: other) }
    #expect("\(ModelDescription.compact)" == "compact x4, 64 features, 16 blocks")
  }

  /// How values stand for intensities is recorded only if it is not a type's whole range.
  @Test func theRangeOfValuesIsRecorded() throws {
    var model = SampleNetwork.model(scale: 2).with(channels: 1)
    model.values = SampleScale(.uint16, try #require(ValueRange("0,4095")))
    let json = try JSONEncoder().encode(model)
    let object = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(object["dtype"] as? String == "uint16" && object["range"] as? [Double] == [0, 4095])
    #expect(try JSONDecoder().decode(ModelDescription.self, from: json) == model)
    #expect("\(model)".hasSuffix(", 1 channel, values uint16 of 0,4095"), "\(model)")
    #expect(
      model.differences(from: SampleNetwork.model(scale: 2), in: "w", here: "h") == [
        "in_channels: 3 in w, 1 in h", "out_channels: 3 in w, 1 in h",
        "range: the type's whole range in w, uint16 of 0,4095 in h",
      ])
    for wrong: Any in [[4095, 0], [0], [0, 1, 2], "0,1"] {
      var object = object
      object["range"] = wrong
      let json = try JSONSerialization.data(withJSONObject: object)
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(ModelDescription.self, from: json) }
    }
  }

  /// A compact network adds its input to its output.
  @Test func aCompactNetworkHasAsManyOutputsAsInputs() {
    let model = SampleNetwork.compact(scale: 2).with(channels: 4, 3)
    let error = #expect(throws: ModelDescriptionError.self) { try model.validate() }
    #expect(error?.description.contains("out_channels is 3, expected the 4 of in_channels") == true)
  }

  @Test func differencesNameBothSides() {
    let there = SampleNetwork.model(scale: 2, features: 64, blocks: 16)
    #expect(
      ModelDescription.attention.differences(from: there, in: "w.safetensors", here: "this run") == [
        "scale: 2 in w.safetensors, 4 in this run",
        "attention: none in w.safetensors, se(16) in this run",
      ])
  }

  @Test(arguments: [
    ("none", ModelDescription.Attention.none), ("se", .squeezeExcitation(reduction: 16)),
    ("se(8)", .squeezeExcitation(reduction: 8)), ("se(0)", nil), ("se()", nil), ("cbam", nil), ("", nil),
  ])
  func attentionIsReadFromText(_ text: String, _ attention: ModelDescription.Attention?) {
    #expect(ModelDescription.Attention(text) == attention)
  }

  private func shapes(_ layout: ParameterLayout) -> [String: [Int]] {
    Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0.shape) })
  }

  /// An empty tensor may have any width.
  @Test func widthsThatOverflowAreRefused() {
    let wide = [Int.max, 3, 9, 0]
    #expect(throws: ModelDescriptionError.self) {
      try ModelDescription(tensors: [
        "conv1.0.weight": wide, "conv3.weight": wide, "upsample.0.block.0.weight": wide,
      ])
    }
  }
}
