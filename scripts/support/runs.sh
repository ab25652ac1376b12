# Shared by the tests of whole runs. Source this file.

# The program under test, and a run that is short enough to repeat: 12 steps on synthetic faces.
SRDIST=${SRDIST:-$ROOT/.build/release/srdist}
TINY_RUN=(--model vanilla --loss mse=1 --synthetic-train 24 --synthetic-valid 4 --batch-size 4 --epochs 2
  --samples 0 --threads 1)
# The same run without an end, for tests that interrupt it: nothing depends on how soon they do.
ENDLESS_RUN=("${TINY_RUN[@]}" --epochs 1000000)

# Ranks that sshd starts on another host lack this variable. All ranks must measure the same metrics.
unset SRDIST_WEIGHTS

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
# fail REASON [LOG]: prints the reason and the end of the log, and ends the test.
fail() {
  say "FAILED: $1" >&2
  if [[ -n ${2:-} ]]; then tail -n 40 "$2" >&2; fi
  exit 1
}
# skip REASON: ends the test without a verdict. scripts/test repeats the reason.
skip() {
  say "SKIPPED: $*" | tee -a "${SRDIST_SKIPPED:-/dev/null}" >&2
  exit 0
}

# final_hash RUN: the hash of the weights after the last epoch.
final_hash() { grep -o '"weights_sha256":"[0-9a-f]*"' "$1/metrics.jsonl" | tail -n 1 | cut -d'"' -f4; }
steps_done() { cat "$1/metrics.jsonl" 2>/dev/null | grep -c '"kind":"step"' || true; }

# wait_for_steps RUN COUNT PID: waits until the run has done COUNT steps. Fails if PID ends first.
wait_for_steps() {
  until (($(steps_done "$1") >= $2)); do
    kill -0 "$3" 2>/dev/null || return 1
    sleep 0.05
  done
}

# write_interrupted_program FILE: a program that does what srdist does with an ENDLESS_RUN. If the run has steps already, the
# program ends three steps after them.
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

# numbers RUN: the log without its times.
numbers() { sed -E 's/"(images_per_second|seconds)":[^,}]*//' "$1/metrics.jsonl"; }

# same_log RUN OTHER LOG: fails unless both runs have every step and epoch once, with the same numbers.
same_log() {
  diff <(numbers "$2") <(numbers "$1") >&2 || fail "the log of $1 differs from that of $2" "$3"
}

# same_hash RUN EXPECTED LOG: fails unless the run ended with the expected weights.
same_hash() {
  local found
  found=$(final_hash "$1")
  [[ $found == "$2" && -n $found ]] || fail "$1 ended with weights ${found:-none}, expected $2" "$3"
}
