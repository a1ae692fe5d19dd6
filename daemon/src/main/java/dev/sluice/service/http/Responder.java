package dev.sluice.service.http;

import java.util.concurrent.CompletionStage;

/**
 * Answers requests. Called on the event loop or the thread that checks passwords, neither of which
 * it may hold; never fails.
 */
interface Responder {
  CompletionStage<Answer> answer(Request request);
}
