/*
 * queues.pml - one lane of the device, one pool of two buffers, a ready queue and a free queue, the
 * host, and the client's guard, which replaces a dead host. Either side may die between any two
 * steps. The words are those of docs/abi.md; the free queue's indices are narrowed from 32 bits to
 * 2, so that they wrap all the time.
 *
 * Properties: a buffer has one owner at any time; none is lost; a live lane never waits forever.
 * Memory is sequentially consistent here; the orders that weaker memory must keep are checked
 * elsewhere (docs/memory-order.md).
 *
 *   -DENTRIES=n   entries of the ready queue, one of which stays empty
 *   -DTEARS       l2-2026.06: entry and tail become visible in either order, consumed pointers are
 *                 cleared (C10)
 *   -DFREEZES     chip-2026.08 with a host that opens freezes
 *   -DIMMORTAL    neither side dies
 *   -DBREAK_x     breaks one rule, to prove that the check detects it
 */
#ifndef ENTRIES
#define ENTRIES 2
#endif
#define SLOTS 2
#define WRAP 4
#define BUFFERS 2
#define NONE 0

#define NEXT(index) ((index + 1) % ENTRIES)
#define DEPTH ((fq_tail + WRAP - fq_head) % WRAP)
#define POPPED(b) ((fq_head + WRAP - pushed_at[b]) % WRAP >= 1 && (fq_head + WRAP - pushed_at[b]) % WRAP <= SLOTS)

#define BELIEVED(b) (b != NONE && with_device[b] && POPPED(b))

#ifdef BREAK_RESCUE
#define SEEMS_PASSING false
#else
#define SEEMS_PASSING is_passing
#endif

#ifdef FREEZES
#define RAISE(flag) flag = true
#else
#define RAISE(flag) skip /* nothing reads it */
#endif

mtype = { HOST, SLOT, DEVICE, READY };

/* Shared words. */
byte entry[ENTRIES];
byte rq_head, rq_tail;
byte slot[SLOTS];
byte fq_head, fq_tail;
bool rq_contended, rq_frozen, fq_contended, fq_frozen;
byte current;

/* Private to the host: the ledger, and buffers returned by collectors. */
bool with_device[BUFFERS + 1];
byte pushed_at[BUFFERS + 1];
chan returned = [BUFFERS] of { byte };

/* Model only: the owner of each buffer. */
mtype owner[BUFFERS + 1];
bool is_passing;   /* popped but not yet current: visible in no word */
bool is_appearing; /* the tail is visible, but not yet the entry */
bool device_died, host_died;

inline hand_over(buffer, from, to) {
  assert(buffer != NONE && owner[buffer] == from);
  owner[buffer] = to
}

inline push_slot(buffer) {
  slot[fq_tail % SLOTS] = buffer;
  d_step { hand_over(buffer, HOST, SLOT); fq_tail = (fq_tail + 1) % WRAP }
}

proctype Device() {
  byte mine;
  {
    do
    :: current == NONE ->
       if
       :: fq_head != fq_tail
       :: else ->
          RAISE(fq_contended);
          do
          :: fq_head != fq_tail -> break
          :: fq_frozen -> !fq_frozen
          od
       fi;
       mine = slot[fq_head % SLOTS];
       d_step { hand_over(mine, SLOT, DEVICE); is_passing = true; fq_head = (fq_head + 1) % WRAP };
       d_step { current = mine; is_passing = false; mine = NONE }
    :: current != NONE ->
       if
       :: NEXT(rq_tail) != rq_head
       :: else -> RAISE(rq_contended); NEXT(rq_tail) != rq_head
       fi;
#ifdef TEARS
       if
       :: d_step { hand_over(current, DEVICE, READY); entry[rq_tail] = current }; rq_tail = NEXT(rq_tail)
       :: d_step { hand_over(current, DEVICE, READY); rq_tail = NEXT(rq_tail); is_appearing = true };
          d_step { entry[(rq_tail + ENTRIES - 1) % ENTRIES] = current; is_appearing = false }
       fi;
#else
       entry[rq_tail] = current;
       d_step { hand_over(current, DEVICE, READY); rq_tail = NEXT(rq_tail) };
#endif
progress:
       current = NONE;
       !rq_frozen
    od
  } unless { device_died }
}

proctype Drain() {
  byte seen;
  {
    do
    :: rq_head != rq_tail ->
       seen = entry[rq_head];
       if
       :: BELIEVED(seen) ->
          with_device[seen] = false;
#ifdef TEARS
#ifdef BREAK_ZERO
          d_step { hand_over(seen, READY, HOST); rq_head = NEXT(rq_head) };
#else
          d_step { hand_over(seen, READY, HOST); entry[rq_head] = NONE };
          rq_head = NEXT(rq_head);
#endif
#else
          d_step { hand_over(seen, READY, HOST); rq_head = NEXT(rq_head) };
#endif
          atomic { returned ! seen; seen = NONE }
       :: else ->
#ifdef TEARS
          atomic { BELIEVED(entry[rq_head]); seen = NONE }
#else
          assert(false)
#endif
       fi
    od
  } unless { host_died }
}

proctype Refill() {
  byte back;
  {
    do
    :: DEPTH < SLOTS && nempty(returned) ->
       returned ? back;
       pushed_at[back] = fq_tail;
       with_device[back] = true;
       push_slot(back);
       back = NONE
#ifdef FREEZES
    :: !rq_frozen && rq_contended -> rq_frozen = true; rq_contended = false
    :: !fq_frozen && fq_contended -> fq_frozen = true; fq_contended = false
#ifndef BREAK_RELEASE
    :: (rq_frozen || fq_frozen) && rq_head == rq_tail && (empty(returned) || DEPTH == SLOTS) ->
       rq_frozen = false;
       fq_frozen = false
#endif
#endif
    od
  } unless { host_died }
}

/* sluice_guard.c. Starts when the kernel has closed the host's end. */
proctype Guard() {
  byte seen;
  host_died;
  {
    do
#ifndef BREAK_GUARD
    :: rq_frozen -> rq_frozen = false
    :: fq_frozen -> fq_frozen = false
#endif
    :: rq_head != rq_tail && entry[rq_head] != NONE ->
       seen = entry[rq_head];
#ifdef TEARS
       entry[rq_head] = NONE;
#endif
       d_step { hand_over(seen, READY, HOST); rq_head = NEXT(rq_head) };
       if
       :: DEPTH < SLOTS -> push_slot(seen)
       :: else /* with neither side, until a rescue */
       fi;
       seen = NONE
#ifndef BREAK_CLEARED
    /* Cleared by the host before it died, but not yet released. */
    :: rq_head != rq_tail && entry[rq_head] == NONE && !is_appearing -> rq_head = NEXT(rq_head)
#endif
    /* Rescue. The guard's 20 passes exclude that a buffer is in transit. */
    :: current == NONE && DEPTH == 0 && rq_head == rq_tail && !SEEMS_PASSING ->
       if
       :: seen = 1
       :: seen = 2
       fi;
       push_slot(seen);
       seen = NONE
    od
  } unless { device_died }
}

/* Each side may die at some moment. */
proctype Fate() {
  if
  :: device_died = true
  :: host_died = true
  :: host_died = true; device_died = true
  :: true
  fi
}

/* Nothing can happen any more: the device must be dead, and the host must have taken everything
 * that was published completely. */
proctype Monitor() {
  byte b;
  timeout;
  assert(device_died);
  if
  :: host_died
  :: else ->
     assert(rq_head == rq_tail || is_appearing);
     for (b : 1 .. BUFFERS) {
       assert(owner[b] != HOST || DEPTH == SLOTS || len(returned) == 0)
     }
  fi
}

init {
  atomic {
    owner[1] = HOST;
    owner[2] = HOST;
    returned ! 1;
    returned ! 2;
    run Refill();
    run Drain();
    run Device();
    run Guard();
#ifndef IMMORTAL
    run Fate();
#endif
    run Monitor()
  }
}
