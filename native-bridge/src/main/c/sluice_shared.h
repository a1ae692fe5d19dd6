/*
 * sluice_shared.h - words of memory that another process reads or writes concurrently.
 *
 * The memory order is in the name. The device implements these orders with a full "dsb" before or
 * after the access; for memory that is coherent with the CPU, C11 acquire and release are
 * equivalent.
 */
#ifndef SLUICE_SHARED_H
#define SLUICE_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *word);
void __tsan_release(void *word);
#endif

static inline uint32_t load32_relaxed(const uint8_t *at) {
  return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at, memory_order_relaxed);
}

static inline uint32_t load32_acquire(const uint8_t *at) {
  return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at, memory_order_acquire);
}

static inline uint64_t load64_relaxed(const uint8_t *at) {
  return atomic_load_explicit((const _Atomic uint64_t *)(const void *)at, memory_order_relaxed);
}

static inline void store32_relaxed(uint8_t *at, uint32_t value) {
  atomic_store_explicit((_Atomic uint32_t *)(void *)at, value, memory_order_relaxed);
}

static inline void store32_release(uint8_t *at, uint32_t value) {
  atomic_store_explicit((_Atomic uint32_t *)(void *)at, value, memory_order_release);
}

static inline void store64_relaxed(uint8_t *at, uint64_t value) {
  atomic_store_explicit((_Atomic uint64_t *)(void *)at, value, memory_order_relaxed);
}

static inline void store64_release(uint8_t *at, uint64_t value) {
  atomic_store_explicit((_Atomic uint64_t *)(void *)at, value, memory_order_release);
}

/*
 * Guarded words: another word carries their order. They are written before its release and read
 * after its acquire, so relaxed is enough. Under ThreadSanitizer they are plain accesses, so that
 * it reports a missing order; it never reports two relaxed accesses.
 */
#ifdef __SANITIZE_THREAD__
static inline uint32_t load32_guarded(const uint8_t *at) {
  return *(const uint32_t *)(const void *)at;
}

static inline uint64_t load64_guarded(const uint8_t *at) {
  return *(const uint64_t *)(const void *)at;
}

static inline void store32_guarded(uint8_t *at, uint32_t value) {
  *(uint32_t *)(void *)at = value;
}

static inline void store64_guarded(uint8_t *at, uint64_t value) {
  *(uint64_t *)(void *)at = value;
}
#else
static inline uint32_t load32_guarded(const uint8_t *at) {
  return load32_relaxed(at);
}

static inline uint64_t load64_guarded(const uint8_t *at) {
  return load64_relaxed(at);
}

static inline void store32_guarded(uint8_t *at, uint32_t value) {
  store32_relaxed(at, value);
}

static inline void store64_guarded(uint8_t *at, uint64_t value) {
  store64_relaxed(at, value);
}
#endif

/*
 * Orders all earlier stores before all later ones. A reader that loads word, stored later, with
 * acquire sees the earlier stores. ThreadSanitizer does not model fences, so it gets a release of
 * word.
 */
static inline void fence_release(uint8_t *word) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(word);
#else
  (void)word;
  atomic_thread_fence(memory_order_release);
#endif
}

/* Orders the earlier load of word before all later loads. */
static inline void fence_acquire(const uint8_t *word) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire((void *)(uintptr_t)word);
#else
  (void)word;
  atomic_thread_fence(memory_order_acquire);
#endif
}

/* Keeps the compiler from moving stores across, so that a process killed here leaves memory in
 * program order. */
static inline void program_order(void) {
  atomic_signal_fence(memory_order_seq_cst);
}

/* One iteration of a spin loop. */
static inline void spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
