// Opens a stand-in of a host runtime as the runtime's binding does, and drives it.
//
//   main LIBRARY STEP...    run:PREFIX:LEVEL, fail:PREFIX:LEVEL, host:PREFIX:LEVEL (with a host part), end, fork
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  auto run = reinterpret_cast<int (*)(const char *, int, int, bool, bool)>(dlsym(library, "standin_run"));
  auto end = reinterpret_cast<void (*)()>(dlsym(library, "standin_end"));
  for (int i = 2; i < argc; i++) {
    const std::string step = argv[i];
    const std::string kind = step.substr(0, step.find(':'));
    if (kind == "end") {
      end();
    } else if (kind == "fork") {
      /* A child leaves by _exit, and its parent's session must not end with it. */
      const pid_t child = fork();
      if (child == 0) {
        for (i++; i < argc; i++) {
          const std::string own = argv[i];
          const size_t colon = own.rfind(':');
          run(own.substr(4, colon - 4).c_str(), atoi(own.c_str() + colon + 1), i, false, false);
        }
        end();
        _exit(0);
      }
      int status;
      waitpid(child, &status, 0);
      break;
    } else {
      const size_t colon = step.rfind(':');
      run(step.substr(kind.size() + 1, colon - kind.size() - 1).c_str(), atoi(step.c_str() + colon + 1), i,
          kind == "fail", kind == "host");
    }
  }
  return 0;
}
