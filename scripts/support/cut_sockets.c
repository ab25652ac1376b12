// Preloaded into a rank by scripts/test-chaos. On the signal SIGRTMIN + 5, all its TCP connections end, as if a firewall had cut
// them.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>

static void cut(int number) {
  (void)number;
  for (int file = 3; file < 1024; ++file) {
    int domain;
    socklen_t size = sizeof domain;
    if (getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && (domain == AF_INET || domain == AF_INET6)) {
      shutdown(file, SHUT_RDWR);
    }
  }
}

__attribute__((constructor)) static void listen_for_signal(void) {
  struct sigaction action = {.sa_handler = cut, .sa_flags = SA_RESTART};
  sigaction(SIGRTMIN + 5, &action, NULL);
}
