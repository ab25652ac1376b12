import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRProcess
import SRReport

extension ReportedRun {
  /// What the folder of a run holds, complete or not. What is absent or damaged is a remark, and no error.
  ///
  /// Throws ``RunError`` if the folder is none of a run, and ``FileError`` if the system cannot tell.
  package init(_ folder: RunFolder, name: String) throws {
    guard try folder.holdsRun || PathKind.of(folder.configuration) != nil else {
      throw RunError(
        "\(folder.path) is no run: it has neither metrics.jsonl, config.yaml nor checkpoints. Name the folder that "
          + "`srdist train --output` wrote")
    }
    self.init(name: name)
    readLog(folder)
    let states = readStates(folder)
    readConfiguration(folder, states.newest)
    describe(states)
    chooseBest(states)
    readSamples(folder)
  }

  private mutating func readLog(_ folder: RunFolder) {
    do {
      guard try PathKind.of(folder.metricsLog) != nil else {
        remarks.append("There is no metrics.jsonl, so there are no numbers and no curves.")
        return
      }
      let survey = try MetricsFile.survey(folder.metricsLog)
      epochs = survey.epochs
      steps = survey.steps
      if let first = survey.damagedLines.first {
        let count = survey.damagedLines.count
        remarks.append(
          count == 1
            ? "Line \(first) of metrics.jsonl is damaged and is left out."
            : "\(count) lines of metrics.jsonl are damaged and are left out. The first is line \(first).")
      }
      if survey.endsWithinLine {
        remarks.append("The last line of metrics.jsonl is not complete and is left out.")
      }
      if epochs.isEmpty { remarks.append("No epoch has finished yet.") }
      if epochs.contains(where: { $0.measures(.valid) }), epochs.allSatisfy({ !$0.validLoss.isFinite }) {
        remarks.append("No epoch has a validation loss that is a number.")
      }
    } catch {
      remarks.append("metrics.jsonl cannot be read: \(error)")
    }
  }

  /// The states of checkpoints, as they are recorded. Their files are not verified.
  private struct States {
    var newest: CheckpointState?
    var best: CheckpointState?
  }

  private mutating func readStates(_ folder: RunFolder) -> States {
    var states = States()
    let store = folder.checkpoints
    do {
      let numbered = try store.list()
      states.newest = numbered.lazy.compactMap { try? $0.state() }.first
      if try PathKind.of(store.best.path) != nil { states.best = try? store.best.state() }
      if states.newest == nil, states.best == nil {
        remarks.append(
          numbered.isEmpty
            ? "There is no checkpoint, so the network and the hashes of the data are not known."
            : "No checkpoint can be read, so the network and the hashes of the data are not known. "
              + "`srdist inspect` says what is wrong.")
      }
    } catch {
      remarks.append("The checkpoints cannot be read: \(error)")
    }
    return States(newest: states.newest ?? states.best, best: states.best)
  }

  private mutating func readConfiguration(_ folder: RunFolder, _ state: CheckpointState?) {
    do {
      if try PathKind.of(folder.configuration) != nil {
        let bytes = try OpenFile(folder.configuration, O_RDONLY).read(upTo: FlatYAML.largestSize + 1)
        guard bytes.count <= FlatYAML.largestSize else {
          throw ConfigurationError("it has more than \(FlatYAML.largestSize) bytes")
        }
        configuration = String(decoding: bytes, as: UTF8.self)
        if String(validating: bytes, as: UTF8.self) == nil {
          remarks.append(
            "config.yaml is not UTF-8. What is not is shown as \u{FFFD}, and srdist does not read it.")
        }
      }
    } catch {
      remarks.append("config.yaml cannot be read: \(error)")
    }
    if configuration == nil, let state {
      configuration = state.configuration
      remarks.append("There is no config.yaml that can be read. The configuration is that of a checkpoint.")
    }
    guard let configuration else {
      remarks.append("There is no config.yaml, so the settings are not known.")
      return
    }
    do {
      // Not `SettingLayer`, which refuses the settings of other versions.
      settings = try FlatYAML.entries(configuration, origin: "config.yaml").map {
        Fact($0.key, $0.value.spelling)
      }
      plannedEpochs = settings.first { $0.name == Setting.of(\.epochs).name }.flatMap { Int($0.value) }
    } catch {
      remarks.append("The settings are not known: \(error)")
    }
  }

  private mutating func describe(_ states: States) {
    if let state = states.newest {
      if let model = state.model { facts.append(Fact("network", "\(model)")) }
      facts.append(Fact("srdist", state.srdistVersion))
      if let version = state.arithmeticVersion { facts.append(Fact("arithmetic version", String(version))) }
      facts.append(Fact(Fact.dataHash, state.dataSHA256))
      if let hash = state.initWeightsSHA256 { facts.append(Fact("initial weights SHA-256", hash)) }
      if let factors = state.trunkFactors {
        facts.append(Fact("trunk balance", CheckpointState.text(ofFactors: factors)))
      }
      for (network, hash) in (state.networkSHA256 ?? [:]).sorted(by: { $0.key < $1.key }) {
        facts.append(Fact("\(network) SHA-256", hash))
      }
    }
    if let state = states.best {
      facts.append(Fact("weights SHA-256, checkpoints/best", state.weightsSHA256))
    }
    if let last = epochs.last {
      facts.append(Fact("weights SHA-256, last epoch", last.weightsSHA256 ?? "not recorded"))
    }
  }

  /// The best epoch as the newest state tells it. If no state does, the one with the largest PSNR.
  private mutating func chooseBest(_ states: States) {
    let recorded = [states.newest?.best, states.best?.best].compactMap(\.self).max { $0.epoch < $1.epoch }
    let found = recorded.map { Best(epoch: $0.epoch, step: $0.step, metric: $0.metric) }
    if let found, epochs.contains(where: found.isRecorded) {
      best = found
      return
    }
    let metric = EpochRecord.key(.valid, "psnr")
    let measured = epochs.filter { $0.metrics[metric]?.isFinite ?? false }
    best = measured.max { $0.metrics[metric] ?? 0 < $1.metrics[metric] ?? 0 }
      .map { Best(epoch: $0.epoch, step: $0.fraction == nil ? nil : $0.step, metric: metric) }
  }

  /// The memory for one picture of samples while it is decoded.
  private static let pictureBytes = 512 << 20

  private mutating func readSamples(_ folder: RunFolder) {
    do {
      let names = try PathKind.of(folder.samples) == nil ? [] : DirectoryCalls.names(in: folder.samples)
      // A run that went back to an earlier checkpoint has left pictures of later epochs.
      let drawn = epochs.filter { names.contains(DirectoryCalls.name(of: folder.sample(of: $0))) }
      guard let last = drawn.last else {
        if !epochs.isEmpty { remarks.append("There are no sample pictures.") }
        return
      }
      if let best, !drawn.contains(where: best.isRecorded) {
        remarks.append("There is no sample picture of the best epoch, \(best.epoch).")
      }
      let budget = PixelBudget(bytes: Self.pictureBytes)
      for record in drawn where record.epochsDone == last.epochsDone || best?.isRecorded(by: record) == true {
        let path = folder.sample(of: record)
        do {
          let image = try ImageFile.withPicture(
            at: BytePath(path), within: budget, use: { _, _ in 0 }, { $0.image })
          sheets.append(SampleSheet(epoch: record.epoch, image: image))
        } catch {
          remarks.append("The picture of epoch \(record.epoch) cannot be read: \(error)")
        }
      }
    } catch {
      remarks.append("The sample pictures cannot be listed: \(error)")
    }
  }
}
