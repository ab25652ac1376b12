# Several hosts on one machine, for tests. Each host is a network namespace with its own name and its own sshd. A bridge joins
# them. Source this file. `hosts_up 3` makes node1...node3 with addresses 10.77.0.11..., and `hosts_down` removes them.
#
# Needs root, iproute2 and openssh-server. `hosts_missing` prints what is missing.

HOSTS_NETWORK=10.77.0
HOSTS_PREFIX=srd$$

hosts_missing() {
  ((EUID == 0)) || { echo "network namespaces need root"; return; }
  local tool
  for tool in ip sshd ssh ssh-keygen unshare; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed (Debian: iproute2, openssh-server)"; return; }
  done
  if ! ip netns add "$HOSTS_PREFIX-try" 2>/dev/null; then echo "this machine does not allow network namespaces"; return; fi
  ip netns del "$HOSTS_PREFIX-try"
  if ip -o addr 2>/dev/null | grep -qF " $HOSTS_NETWORK."; then echo "$HOSTS_NETWORK.0/24 is in use"; fi
}

# hosts_up COUNT FOLDER: writes keys and settings to FOLDER. SRDIST_SSH becomes the ssh that reaches the hosts.
hosts_up() {
  HOSTS_COUNT=$1 HOSTS_FOLDER=$2
  local index
  mkdir -p "$HOSTS_FOLDER" /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$HOSTS_FOLDER/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$HOSTS_FOLDER/user_key"
  cat >"$HOSTS_FOLDER/ssh_config" <<TEXT
Host *
  User root
  IdentityFile $HOSTS_FOLDER/user_key
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
TEXT
  export SRDIST_SSH="ssh -F $HOSTS_FOLDER/ssh_config"
  ip netns add "$HOSTS_PREFIX-bridge"
  ip -n "$HOSTS_PREFIX-bridge" link add bridge0 type bridge
  ip -n "$HOSTS_PREFIX-bridge" link set bridge0 up
  for ((index = 1; index <= HOSTS_COUNT; ++index)); do host_up "$index"; done
  for ((index = 1; index <= HOSTS_COUNT; ++index)); do
    until on_host 1 $SRDIST_SSH -o ConnectTimeout=10 "$HOSTS_NETWORK.1$index" true; do sleep 0.2; done
  done
}

host_up() {
  local index=$1 space=$HOSTS_PREFIX-$1
  ip netns add "$space"
  ip link add "$HOSTS_PREFIX-$index" netns "$HOSTS_PREFIX-bridge" type veth peer name eth0 netns "$space"
  ip -n "$HOSTS_PREFIX-bridge" link set "$HOSTS_PREFIX-$index" master bridge0 up
  ip -n "$space" addr add "$HOSTS_NETWORK.1$index/24" dev eth0
  ip -n "$space" link set eth0 up
  ip -n "$space" link set lo up
  cat >"$HOSTS_FOLDER/sshd_$index" <<TEXT
ListenAddress $HOSTS_NETWORK.1$index:22
HostKey $HOSTS_FOLDER/host_key
AuthorizedKeysFile $HOSTS_FOLDER/user_key.pub
PidFile $HOSTS_FOLDER/sshd_$index.pid
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
TEXT
  ip netns exec "$space" unshare --uts bash -c \
    "hostname node$index; exec $(command -v sshd) -f '$HOSTS_FOLDER/sshd_$index'"
}

# on_host INDEX COMMAND...: runs a command on a host.
on_host() {
  local index=$1
  shift
  ip netns exec "$HOSTS_PREFIX-$index" unshare --uts bash -c 'hostname "$0"; exec "$@"' "node$index" "$@"
}

# Pulls a host's network cable, or plugs it in again.
host_cut() { ip -n "$HOSTS_PREFIX-bridge" link set "$HOSTS_PREFIX-$1" down; }
host_join() { ip -n "$HOSTS_PREFIX-bridge" link set "$HOSTS_PREFIX-$1" up; }

hosts_down() {
  local index
  for ((index = 1; index <= ${HOSTS_COUNT:-0}; ++index)); do
    ip netns pids "$HOSTS_PREFIX-$index" 2>/dev/null | xargs -r kill -9 2>/dev/null
    ip netns del "$HOSTS_PREFIX-$index" 2>/dev/null
  done
  ip netns del "$HOSTS_PREFIX-bridge" 2>/dev/null
  return 0
}

# Open MPI's options for this network.
HOSTS_MPI=(--mca btl tcp,self,vader --mca btl_tcp_if_include "$HOSTS_NETWORK.0/24"
  --mca oob_tcp_if_include "$HOSTS_NETWORK.0/24")
