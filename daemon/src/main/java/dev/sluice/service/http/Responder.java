package dev.sluice.service.http;

import java.util.concurrent.CompletionStage;

/**
 * Answers requests. Called on the event loop or the password thread, which it must not block; never
 * fails.
 */
interface Responder {
  CompletionStage<Answer> answer(Request request);
}
