package dev.sluice.service.http;

import java.util.concurrent.CompletionStage;

/** Answers requests. Called on the event loop, which it must not hold; never fails. */
interface Responder {
  CompletionStage<Answer> answer(Request request);
}
