# What tests of whole runs share; to be sourced.

# The program under test, and a run small enough to be repeated: 12 steps on synthetic faces.
SRDIST=${SRDIST:-$ROOT/.build/release/srdist}
TINY_RUN=(--model vanilla --loss mse=1 --synthetic-train 24 --synthetic-valid 4 --batch-size 4 --epochs 2
  --samples 0 --threads 1)
# The same run without an end, for tests that interrupt it: nothing depends on how soon they do.
ENDLESS_RUN=("${TINY_RUN[@]}" --epochs 1000000)

# Ranks that sshd starts on another host have no such variable, and are to measure what the others do.
unset SRDIST_WEIGHTS

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
# Prints why, with the log that shows it, and ends the test.
fail() {
  say "FAILED: $1" >&2
  if [[ -n ${2:-} ]]; then tail -n 40 "$2" >&2; fi
  exit 1
}
# Ends the test without a verdict; scripts/test repeats the reason.
skip() {
  say "SKIPPED: $*" | tee -a "${SRDIST_SKIPPED:-/dev/null}" >&2
  exit 0
}

# final_hash RUN: of the weights after the last epoch.
final_hash() { grep -o '"weights_sha256":"[0-9a-f]*"' "$1/metrics.jsonl" | tail -n 1 | cut -d'"' -f4; }
steps_done() { cat "$1/metrics.jsonl" 2>/dev/null | grep -c '"kind":"step"' || true; }

# wait_for_steps RUN COUNT PID: until the run has done so many steps, while PID lives.
wait_for_steps() {
  until (($(steps_done "$1") >= $2)); do
    kill -0 "$3" 2>/dev/null || return 1
    sleep 0.05
  done
}

# write_interrupted_program FILE: a program that takes an ENDLESS_RUN into RUN, as srdist does, and if there are steps of it
# already, ends three steps after them.
write_interrupted_program() {
  cat >"$1" <<TEXT
#!/usr/bin/env bash
arguments=("\$@")
while ((\$#)) && [[ \$1 != --output ]]; do shift; done
steps=\$(cat "\$2/metrics.jsonl" 2>/dev/null | grep -c '"kind":"step"')
((steps == 0)) || arguments+=(--max-steps \$((steps + 3)))
exec "$SRDIST" "\${arguments[@]}"
TEXT
  chmod 755 "$1"
}

# numbers RUN: the log but for its times.
numbers() { sed -E 's/"(images_per_second|seconds)":[^,}]*//' "$1/metrics.jsonl"; }

# same_log RUN OTHER LOG: every step and epoch once, with the same numbers.
same_log() {
  diff <(numbers "$2") <(numbers "$1") >&2 || fail "the log of $1 differs from that of $2" "$3"
}

# same_hash RUN EXPECTED LOG
same_hash() {
  local found
  found=$(final_hash "$1")
  [[ $found == "$2" && -n $found ]] || fail "$1 ended with weights ${found:-none}, expected $2" "$3"
}
