/*
 * supervise.c - keeps a daemon's memory across its restarts, where there is no systemd.
 *
 *   sluice-supervise COMMAND [ARGUMENT ...]
 *
 * Implements the service manager's side of sd_notify(3) for the command: stores descriptors
 * (FDSTORE=1, FDNAME=), drops them (FDSTOREREMOVE=1), passes them to the next process of the
 * command (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES). Restarts the command when it ends, unless told
 * to stop; forwards messages for a service manager above. Works as PID 1 in a container.
 *
 * Signals: TERM and INT stop the command with TERM, then this program; USR1 restarts the command,
 * which receives USR1; HUP, QUIT and USR2 are forwarded.
 *
 * Accepts only messages of this user. Single-threaded; allocates nothing after start.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FD 3 /* the first descriptor of LISTEN_FDS */
#define MAX_KEPT 512
#define MAX_NAME 255
#define MESSAGE_BYTES 4096
#define MAX_FDS_OF_MESSAGE 16
/* A command that was ready or ran for this long is restarted at once. */
#define STEADY_MS 10000
#define FIRST_DELAY_MS 100
#define LONGEST_DELAY_MS 5000
#define EXIT_USAGE 2

struct kept {
  int fd;
  char name[MAX_NAME + 1];
};

static struct kept kept[MAX_KEPT];
static int kept_count;
static char names[MAX_KEPT * (MAX_NAME + 1) + 16];

static pid_t child = -1;
static int64_t started_ms;
static int64_t start_at_ms; /* while there is no child */
static int64_t delay_ms;
static int has_been_ready;
static int is_ready; /* the current child */
static int is_stopping;
static int is_restarting;

/* Socket of the service manager above, -1 if none. */
static int outer = -1;
static struct sockaddr_un outer_address;
static socklen_t outer_bytes;

#define say(format, ...) fprintf(stderr, "sluice: supervise: " format "\n", __VA_ARGS__)

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the service manager above --------------------------------------------------------------- */

static void find_outer(void) {
  const char *address = getenv("NOTIFY_SOCKET");
  size_t length = address == NULL ? 0 : strlen(address);
  if (length < 2 || length >= sizeof outer_address.sun_path ||
      (address[0] != '/' && address[0] != '@')) {
    return;
  }
  outer_address.sun_family = AF_UNIX;
  memcpy(outer_address.sun_path, address, length);
  outer_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  if (address[0] == '@') {
    outer_address.sun_path[0] = 0;
  }
  outer = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void tell_outer(const char *line) {
  if (outer >= 0) {
    /* A manager that does not read must not block this one. */
    (void)sendto(outer, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (struct sockaddr *)&outer_address, outer_bytes);
  }
}

/* ---- kept descriptors ------------------------------------------------------------------------ */

static void forget(const char *name) {
  int left = 0;
  for (int i = 0; i < kept_count; i++) {
    if (strcmp(kept[i].name, name) == 0) {
      close(kept[i].fd);
    } else {
      kept[left++] = kept[i];
    }
  }
  kept_count = left;
}

/* Stores the descriptor in place of an earlier one of this name, or closes it. */
static void keep(int fd, const char *name) {
  forget(name);
  if (*name == 0 || strlen(name) > MAX_NAME || strchr(name, ':') != NULL ||
      kept_count == MAX_KEPT) {
    say("cannot keep %s: invalid name, or limit reached (%d kept)", name, kept_count);
    close(fd);
    return;
  }
  kept[kept_count].fd = fd;
  strcpy(kept[kept_count++].name, name);
}

/* ---- messages from the command --------------------------------------------------------------- */

/* Forwards one line to the manager above, except STOPPING=1 of a command that will be restarted. */
static void pass_on(const char *line) {
  static const char *const passed[] = {
      "READY=1",         "STATUS=",    "WATCHDOG=1",         "RELOADING=1",
      "MONOTONIC_USEC=", "STOPPING=1", "EXTEND_TIMEOUT_USEC="};
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
    if (strncmp(line, passed[i], strlen(passed[i])) == 0 &&
        (is_stopping || strcmp(line, "STOPPING=1") != 0)) {
      tell_outer(line);
    }
  }
}

static void handle(char *text, int *fds, int fd_count) {
  const char *name = "stored";
  int is_store = 0;
  int is_remove = 0;
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    if (strcmp(line, "FDSTORE=1") == 0) {
      is_store = 1;
    } else if (strcmp(line, "FDSTOREREMOVE=1") == 0) {
      is_remove = 1;
    } else if (strncmp(line, "FDNAME=", 7) == 0) {
      name = line + 7;
    } else {
      is_ready |= strcmp(line, "READY=1") == 0;
      has_been_ready |= is_ready;
      pass_on(line);
    }
  }
  for (int i = 0; i < fd_count; i++) {
    if (is_store) {
      keep(fds[i], name);
    } else {
      close(fds[i]);
    }
  }
  if (is_remove) {
    forget(name);
  }
}

/* Receives one datagram. Returns 0 if none. */
static int receive(int socket) {
  static char text[MESSAGE_BYTES + 1];
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_FDS_OF_MESSAGE) + CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec part = {text, MESSAGE_BYTES};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t bytes = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (bytes < 0) {
    return errno == EINTR;
  }
  int fds[MAX_FDS_OF_MESSAGE];
  int fd_count = 0;
  int is_ours = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) {
      continue;
    }
    if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred sender;
      memcpy(&sender, CMSG_DATA(c), sizeof sender);
      is_ours = sender.uid == geteuid();
    } else if (c->cmsg_type == SCM_RIGHTS) {
      fd_count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      memcpy(fds, CMSG_DATA(c), sizeof(int) * (size_t)fd_count);
    }
  }
  text[bytes] = 0;
  if (is_ours && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
    handle(text, fds, fd_count);
  } else {
    for (int i = 0; i < fd_count; i++) {
      close(fds[i]);
    }
  }
  return 1;
}

/* ---- the command ----------------------------------------------------------------------------- */

static void set_number(const char *name, long value) {
  char text[24];
  snprintf(text, sizeof text, "%ld", value);
  setenv(name, text, 1);
}

/* In the new process: puts the kept descriptors in place and describes them in the environment. */
static int hand_over(void) {
  size_t length = 0;
  for (int i = 0; i < kept_count; i++) {
    /* First move all of them out of the target range. */
    kept[i].fd = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, FIRST_FD + kept_count);
    if (kept[i].fd < 0) {
      return -1;
    }
  }
  names[0] = 0;
  for (int i = 0; i < kept_count; i++) {
    if (dup2(kept[i].fd, FIRST_FD + i) < 0) {
      return -1;
    }
    length += (size_t)sprintf(names + length, "%s%s", i == 0 ? "" : ":", kept[i].name);
  }
  if (kept_count > 0) {
    set_number("LISTEN_FDS", kept_count);
    set_number("LISTEN_PID", getpid());
    setenv("LISTEN_FDNAMES", names, 1);
  }
  if (getenv("WATCHDOG_USEC") != NULL) {
    set_number("WATCHDOG_PID", getpid());
  }
  set_number("FDSTORE", MAX_KEPT);
  return 0;
}

static void start(char **command, const sigset_t *mask) {
  pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    setpgid(0, 0); /* Ctrl-C reaches only this program, which forwards it */
    sigprocmask(SIG_SETMASK, mask, NULL);
    /* Nothing keeps the command's memory without its supervisor: it must end its sessions. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
      _exit(1);
    }
    if (hand_over() == 0) {
      execvp(command[0], command);
    }
    say("%s: %s", command[0], strerror(errno));
    _exit(EXIT_USAGE);
  }
  started_ms = now_ms();
  if (child < 0) {
    say("fork: %s", strerror(errno));
    start_at_ms = started_ms + LONGEST_DELAY_MS;
  }
}

/* Handles the command's end. Returns this program's exit code, or -1 to restart the command. */
static int ended(int status) {
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  child = -1;
  if (is_stopping) {
    return code == 128 + SIGTERM ? 0 : code;
  }
  if (code == EXIT_USAGE && !has_been_ready) {
    return code; /* another attempt would fail the same way */
  }
  int64_t ran_ms = now_ms() - started_ms;
  int is_steady = is_restarting || is_ready || ran_ms >= STEADY_MS;
  delay_ms = is_steady ? 0 : delay_ms == 0 ? FIRST_DELAY_MS : delay_ms * 2;
  delay_ms = delay_ms > LONGEST_DELAY_MS ? LONGEST_DELAY_MS : delay_ms;
  is_restarting = 0;
  is_ready = 0;
  start_at_ms = now_ms() + delay_ms;
  say("the daemon ended with %s %d after %lld ms, %d descriptors kept; restarting in %lld ms",
      WIFEXITED(status) ? "code" : "signal", WIFEXITED(status) ? code : WTERMSIG(status),
      (long long)ran_ms, kept_count, (long long)delay_ms);
  return -1;
}

/* Reaps all ended processes, including orphans of the container. */
static int reap(void) {
  int code = -1;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == child) {
      code = ended(status);
    }
  }
  return code;
}

static void signalled(int signal_number) {
  int is_stop = signal_number == SIGTERM || signal_number == SIGINT;
  is_stopping |= is_stop;
  if (child > 0) {
    is_restarting |= signal_number == SIGUSR1;
    kill(child, is_stop ? SIGTERM : signal_number);
  }
}

/* Binds to an address of the kernel's choice, which no other program can hold. */
static int open_socket(void) {
  int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t bytes = sizeof address;
  int on = 1;
  if (socket_fd < 0 || bind(socket_fd, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
      getsockname(socket_fd, (struct sockaddr *)&address, &bytes) != 0 ||
      setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return -1;
  }
  char name[sizeof address.sun_path + 1];
  size_t length = bytes - offsetof(struct sockaddr_un, sun_path);
  memcpy(name, address.sun_path, length);
  name[0] = '@';
  name[length] = 0;
  setenv("NOTIFY_SOCKET", name, 1);
  return socket_fd;
}

int main(int count, char **arguments) {
  char **command = arguments + 1;
  if (count > 1 && strcmp(command[0], "--") == 0) {
    command++;
  }
  if (count < 2 || command[0] == NULL || command[0][0] == '-') {
    fputs("Usage: sluice supervise -- COMMAND [ARGUMENT ...]\n"
          "Keeps the sessions of a daemon across its restarts, without systemd.\n"
          "Example: sluice supervise -- sluice daemon\n", stderr);
    return EXIT_USAGE;
  }
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max; /* a new process holds each descriptor twice */
    setrlimit(RLIMIT_NOFILE, &files);
  }
  sigset_t handled;
  sigset_t before;
  sigemptyset(&handled);
  static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    sigaddset(&handled, numbers[i]);
  }
  sigprocmask(SIG_BLOCK, &handled, &before);
  find_outer();
  int notified = open_socket();
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  if (notified < 0 || signals < 0) {
    say("cannot create the notify socket or signalfd: %s", strerror(errno));
    return 1;
  }
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDNAMES");
  while (!is_stopping || child > 0) {
    if (child < 0 && now_ms() >= start_at_ms) {
      start(command, &before);
    }
    struct pollfd polled[2] = {{signals, POLLIN, 0}, {notified, POLLIN, 0}};
    int64_t left_ms = start_at_ms - now_ms();
    poll(polled, 2, child > 0 ? -1 : left_ms > 0 ? (int)left_ms : 0);
    struct signalfd_siginfo information;
    while (read(signals, &information, sizeof information) == sizeof information) {
      if (information.ssi_signo != SIGCHLD) {
        signalled((int)information.ssi_signo);
      }
    }
    /* Read messages before reaping: a process may have sent them right before it ended. */
    while (receive(notified)) {
    }
    int code = reap();
    if (code >= 0) {
      return code;
    }
  }
  return 0;
}
