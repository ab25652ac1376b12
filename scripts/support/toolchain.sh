# Which Swift builds this project. Source this file with ROOT set to the project's folder.

# The oldest Swift that builds it, as Package.swift says, and the release that it is tested with.
SWIFT_NEEDED=$(sed -n '1s/^.*swift-tools-version: *//p' "$ROOT/Package.swift")
SWIFT_TESTED=6.3.1
# Where scripts/setup puts a toolchain.
SWIFT_FOLDER=${SRDIST_SWIFT_FOLDER:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/srdist}

# swift_version COMMAND: prints the version of a `swift`, or nothing if it does not run.
swift_version() { "$1" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1; }
# swift_fits VERSION: whether this version is new enough.
swift_fits() { [[ -n $1 && $(printf '%s\n' "$SWIFT_NEEDED" "$1" | sort --version-sort | head -n 1) == "$SWIFT_NEEDED" ]]; }
# use_toolchain: lets `swift` be one that fits: the one on PATH, else the one of scripts/setup. Fails if there is neither.
use_toolchain() {
  local own=$SWIFT_FOLDER/swift-$SWIFT_TESTED/usr/bin
  command -v swift >/dev/null && swift_fits "$(swift_version swift)" && return
  [[ -x $own/swift ]] && swift_fits "$(swift_version "$own/swift")" && PATH=$own:$PATH
}
