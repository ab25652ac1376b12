import Foundation
import SRTensor

/// What it costs this machine's processor to carry a byte over TCP, measured on a connection of this process to itself.
///
/// One thread sends and receives in turn. So the time that passes is processor time of both ends, including the kernel's
/// part. Packing, adding and averaging are done as in the exchange. A real network card adds interrupts, but it cuts the
/// data into packets itself.
package enum LoopbackProbe {
  /// Seconds for a byte sent and a byte received. Throws if the system does not provide a loopback connection.
  package static func processorTime(add: VectorAdd, rounds: Int = 400) throws -> Double {
    let connection = try LoopbackConnection()
    let count = 64 << 10
    let floats = count / MemoryLayout<Float>.stride
    let (node, wire, received) = (
      AlignedBuffer(count: floats), AlignedBuffer(count: floats), AlignedBuffer(count: floats)
    )
    var seconds: [Double] = []
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      wire.pointer.update(from: node.pointer, count: floats)
      try connection.carry(wire.pointer, to: received.pointer, count)
      add(node.pointer, received.pointer, floats)
      divide(node.pointer, by: 2, count: floats)
      seconds.append(start.duration(to: .now) / .seconds(1))
    }
    return seconds.median / Double(count)
  }
}

/// Two connected TCP sockets of this process.
private final class LoopbackConnection {
  private let sender: Int32
  private let receiver: Int32

  init() throws {
    let listener = try Self.socket()
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    // 127.0.0.1. The system chooses the port.
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let sender = try Self.socket()
    let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
          && connect(sender, $0, length) == 0
      }
    }
    let receiver = isConnected ? accept(listener, nil, nil) : -1
    guard receiver >= 0 else {
      let reason = String(cString: strerror(errno))
      close(sender)
      throw ProbeError(reason: reason)
    }
    (self.sender, self.receiver) = (sender, receiver)
  }

  deinit {
    close(sender)
    close(receiver)
  }

  /// Sends `count` bytes and receives them, a little at a time. Neither call waits.
  func carry(_ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, _ count: Int) throws {
    let (dontWait, noSignal) = (Int32(MSG_DONTWAIT), Int32(MSG_NOSIGNAL))
    var (sent, got) = (0, 0)
    while got < count {
      if sent < count {
        sent += try Self.progress(send(sender, source + sent, count - sent, dontWait | noSignal))
      }
      got += try Self.progress(recv(receiver, destination + got, count - got, dontWait))
    }
  }

  private static func progress(_ result: Int) throws -> Int {
    if result > 0 { return result }
    guard result < 0, errno == EAGAIN || errno == EINTR else {
      throw ProbeError(reason: result == 0 ? "it was closed" : String(cString: strerror(errno)))
    }
    return 0
  }

  private static func socket() throws -> Int32 {
    let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw ProbeError(reason: String(cString: strerror(errno))) }
    return descriptor
  }

  struct ProbeError: Error, CustomStringConvertible {
    let reason: String
    var description: String {
      "cannot measure what TCP costs: this host has no loopback connection (\(reason)); give --worker-time"
    }
  }
}
