import SRData
import SRTestSupport
import SRTraining
import Testing

@Suite struct ValidationPicturesTests {
  private func configuration(_ yaml: String) throws -> TrainingConfiguration {
    try TrainingConfiguration(layers: [SettingLayer(yaml: yaml, origin: "a.yaml")])
  }

  @Test func severalSetsAreRead() throws {
    let read = try configuration("val: 'Set5=a/lr,a/hr; Set14=b,c=d;'")
    #expect(read.val.map(\.name) == ["Set5", "Set14"])
    #expect(read.val.map(\.lowRes) == ["a/lr", "b"] && read.val.map(\.highRes) == ["a/hr", "c=d"])
    #expect(read.val.allSatisfy { $0.template == nil })
    #expect(try configuration(read.yaml(header: "")).val == read.val)
    let named = try configuration("val: 'Set5=a,b,{}x4;B=c,d'")
    #expect(named.val.map(\.template) == [FileNameTemplate("{}x4"), nil] && named.val[0].highRes == "b")
    #expect(try configuration(named.yaml(header: "")).val == named.val)
    #expect(try configuration("val: null").val.isEmpty)
  }

  @Test(arguments: [
    ("Set5", "is needed, not 'Set5'"), ("Set5=a", "is needed, not 'Set5"),
    ("Set5=a,b,c", "is needed, not 'Set5"), ("Set5=a,b,{}{}", "is needed, not 'Set5"),
    ("Set5=a,b,{},{}", "is needed, not 'Set5"),
    ("Set5=,b", "is needed, not 'Set5"), ("a/b=c,d", "'a/b' is no name of a set"),
    ("=c,d", "'' is no name of a set"),
    ("A=b,c;A=d,e", "two sets have the name 'A'"),
  ])
  func whatIsNoSetIsRefused(text: String, said: String) {
    let error = #expect(throws: ConfigurationError.self) { try configuration("val: '\(text)'") }
    #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: ["psnr", "ssim", "lpips", "ssim_box", "mse", "lr_psnr", "Set5/psnr", "B-1.x/lpips"])
  func metricsAreReadBack(text: String) throws {
    let metric = try #require(BestMetric(text))
    #expect("\(metric)" == text)
    #expect(try configuration("best-metric: \(text)").bestMetric == metric)
  }

  @Test(arguments: ["PSNR", "loss", "Set5/", "/psnr", "Set5/mse", "a/b/psnr", ""])
  func otherMetricsAreRefused(text: String) { #expect(BestMetric(text) == nil) }
}
