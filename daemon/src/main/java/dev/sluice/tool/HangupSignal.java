package dev.sluice.tool;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs an action on a signal that would otherwise end the JVM.
 *
 * <p>The JDK offers only {@code sun.misc.Signal} (module jdk.unsupported, meant to stay), and the
 * compiler warns about any mention of it; hence the reflection.
 */
final class HangupSignal {
  private static final Logger log = LoggerFactory.getLogger(HangupSignal.class);

  private HangupSignal() {}

  /** Runs the action on each SIGHUP. Any thread; the JVM starts a new thread for each signal. */
  static void onHangup(Runnable action) {
    on("HUP", action, "cannot handle SIGHUP, use '" + Invocation.of("reload") + "': {}");
  }

  /** Runs the action on each SIGUSR1, like {@link #onHangup}. */
  static void onRestart(Runnable action) {
    on("USR1", action, "cannot handle SIGUSR1 to leave sessions to the next daemon: {}");
  }

  private static void on(String name, Runnable action, String refused) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> handle(action, self, method, arguments));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
      // Under nohup, or with -Xrs, we cannot handle the signal.
      log.info(refused, cause.toString());
    }
  }

  private static Object handle(Runnable action, Object self, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "handle" -> {
        action.run();
        yield null;
      }
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> HangupSignal.class.getName();
    };
  }
}
