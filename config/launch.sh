# Shared by the launchers of a checkout and of a package; sourced by bash.
# shellcheck shell=bash

readonly java_floor=17

# Sets java_home and java_major, or returns 1. Reads the JDK's release file; starting a JVM takes 50 times as long.
find_java() {
  local java line
  java_home=${SLUICE_JAVA_HOME:-${private_java:-${JAVA_HOME:-}}}
  if [ -z "$java_home" ]; then
    java=$(command -v javac || command -v java) || return 1
    java=$(readlink -f "$java")
    java_home=${java%/bin/*}
  fi
  [ -x "$java_home/bin/java" ] || return 1
  java_major=
  if [ -r "$java_home/release" ]; then
    while IFS= read -r line; do
      case $line in JAVA_VERSION=*) java_major=${line#*\"} && java_major=${java_major%%[!0-9]*} ;; esac
    done <"$java_home/release"
  fi
  if [ -z "$java_major" ]; then
    java_major=$("$java_home/bin/java" -XshowSettings:properties -version 2>&1 |
      sed -n 's/^ *java\.specification\.version = //p')
    java_major=${java_major%%.*}
  fi
  [ "${java_major:-0}" -ge "$java_floor" ]
}

# Reads a file like config/jvm.options into the array jvm_options, skipping options for other Java versions.
read_jvm_options() {
  local line range low high
  jvm_options=()
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '' | '#'*) continue ;;
      -*) ;;
      *)
        range=${line%%:*}
        line=${line#*:}
        low=${range%-*}
        high=${range#*-}
        [ "$java_major" -ge "$low" ] || continue
        [ -z "$high" ] || [ "$java_major" -le "$high" ] || continue
        ;;
    esac
    jvm_options+=("$line")
  done <"$1"
}

# Messages of the C library are compared and logged, so they must be English in any locale. File names may contain any
# character, so a POSIX locale is replaced by UTF-8. The rest of the user's locale stays.
settle_locale() {
  local ctype=${LC_ALL:-${LC_CTYPE:-${LANG:-}}}
  case $ctype in '' | C | POSIX) ctype=C.UTF-8 ;; esac
  unset LC_ALL LANGUAGE
  export LC_CTYPE=$ctype LC_MESSAGES=C
}

# Removes from jvm_options what conflicts with the user's own options: a JVM with two collectors does not start, and an
# initial heap above the maximum causes a warning.
yield_to_user_options() {
  local user=" ${SLUICE_JAVA_OPTS:-} ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-} ${_JAVA_OPTIONS:-} " option kept=()
  for option in "${jvm_options[@]}"; do
    case $option in
      -XX:+UseZGC | -XX:+ZGenerational | -XX:ConcGCThreads=*)
        case $user in *" -XX:+Use"*GC" "*) continue ;; esac
        ;;
      -Xms*) case $user in *" -Xmx"* | *" -Xms"*) continue ;; esac ;;
    esac
    kept+=("$option")
  done
  jvm_options=("${kept[@]}")
}

# Sets caller to options that Java cannot determine itself: the temporary folder, and the command as typed ($1).
describe_caller() {
  local command=$1
  case $command in */*) ;; *) command=./$command ;; esac
  if [ "$(type -P sluice)" -ef "$command" ]; then command=sluice; fi
  caller=("-Dsluice.command=$command")
  [ -z "${TMPDIR:-}" ] || caller+=("-Djava.io.tmpdir=$TMPDIR")
}
