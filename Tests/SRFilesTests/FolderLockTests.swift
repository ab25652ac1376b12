import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct FolderLockTests {
  @Test func theSecondIsToldWhoHoldsTheLock() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path)
    withExtendedLifetime(lock) {
      let error = #expect(throws: FolderLockError.self) { try FolderLock(folder.path, patience: .zero) }
      #expect(error?.holder == "process \(getpid()) on \(ProcessInfo.processInfo.hostName)")
      #expect(error?.description.contains(folder.path) == true)
    }
  }

  @Test func theFileGoesWithTheLock() throws {
    let folder = try TemporaryFolder()
    var lock: FolderLock? = try FolderLock(folder.path)
    #expect(lock?.keepsOthersOut == true)
    #expect(try folder.names() == [FolderLock.fileName])
    lock = nil
    #expect(try folder.names() == [])
    #expect(try FolderLock(folder.path, patience: .zero).keepsOthersOut)
  }

  /// A program that has opened the lock's file may get the lock after its holder has removed the file. Then another program
  /// may hold the lock of a new file. So there is never more than one holder, however many come and go.
  @Test func thereIsOneHolderAtATime() throws {
    let folder = try TemporaryFolder()
    let holders = Holders()
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<40 {
        do {
          let lock = try FolderLock(folder.path, patience: .seconds(600))
          holders.enter()
          holders.leave()
          withExtendedLifetime(lock) {}
        } catch {
          Issue.record(error)
        }
      }
    }
    #expect(holders.most == 1)
    #expect(holders.total == 320)
  }

  private final class Holders: @unchecked Sendable {
    private let lock = NSLock()
    private var now = 0
    private(set) var most = 0
    private(set) var total = 0

    func enter() {
      lock.withLock {
        now += 1
        total += 1
        most = max(most, now)
      }
      // Gives the others an opportunity.
      sched_yield()
    }

    func leave() { lock.withLock { now -= 1 } }
  }

  @Test func aLinkInItsPlaceIsNotFollowed() throws {
    let folder = try TemporaryFolder()
    let precious = try folder.write(Array("precious".utf8), as: "precious")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(FolderLock.fileName), withDestinationPath: precious)
    #expect(throws: FileError.self) { try FolderLock(folder.path, patience: .zero) }
    #expect(try folder.text("precious") == "precious")
  }
}
