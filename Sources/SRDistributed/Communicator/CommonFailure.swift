/// An error that every rank throws alike, so that one of them reports it and all leave together.
package protocol CommonFailure: Error {}

extension RankFailure: CommonFailure {}
