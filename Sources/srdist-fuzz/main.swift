// Gives one parser mutated files for some seconds. A file that ends the process stays in the scratch folder.
//
//   srdist-fuzz PARSER SECONDS SCRATCH SEED CORPUS...
import Foundation

func stop(_ message: String, status: Int32) -> Never {
  FileHandle.standardError.write(Data("srdist-fuzz: \(message)\n".utf8))
  exit(status)
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 5, let parser = Parser.all.first(where: { $0.name == arguments.first }),
  let seconds = Double(CommandLine.arguments[2]), let seed = UInt64(CommandLine.arguments[4])
else {
  let names = Parser.all.map(\.name).joined(separator: "|")
  stop("usage: srdist-fuzz \(names) SECONDS SCRATCH SEED CORPUS...", status: 64)
}
let path = "\(CommandLine.arguments[3])/\(parser.file)"
let files = CommandLine.arguments.dropFirst(5).flatMap { folder in
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return names.sorted().map { "\(folder)/\($0)" }
}
let mutator = Mutator(
  seeds: files.compactMap { FileManager.default.contents(atPath: $0).map { Array($0) } }, seed: seed)
if mutator.seeds.isEmpty { stop("no seeds in \(CommandLine.arguments.dropFirst(5))", status: 64) }

let end = ContinuousClock.now + .seconds(seconds)
var (inputs, values) = (0, 0)
while inputs < mutator.seeds.count || ContinuousClock.now < end {
  do {
    // The parser may have put another file in the place of the last input.
    unlink(path)
    try Data(mutator.input(inputs)).write(to: URL(fileURLWithPath: path))
  } catch {
    stop("\(path): \(error)", status: 1)
  }
  inputs += 1
  // No input takes minutes. One that hangs ends the process by this signal.
  alarm(600)
  do {
    try parser.read(path)
    values += 1
  } catch {
    if !parser.expects(error) {
      stop("an error that is not the parser's own: \(type(of: error)): \(error)", status: 1)
    }
  }
}
if values == 0 { stop("no input was read, not even a seed", status: 1) }
print("\(inputs) inputs: \(values) values, \(inputs - values) errors")
