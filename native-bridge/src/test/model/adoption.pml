/*
 * adoption.pml - a host dies at any step, and the next one takes over by the rules of
 * docs/host-state.md. In between, the client's guard may recycle and records its loans. The device,
 * and the guard with it, may also die at any step, and is then salvaged. One lane, one pool of two
 * buffers.
 *
 * Properties: no buffer has two owners, none is lost to an adoption, and no record is collected
 * twice or overwritten before it was collected or reported lost.
 *
 *   -DDEATHS=n    number of hosts that die
 *   -DPOPS=n      number of buffers that the device pops
 *   -DLOANS=n     number of buffers that a guard lends between two hosts
 *   -DSALVAGE     the device may die
 *   -DBREAK_x     breaks one rule, to prove that the check detects it
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef POPS
#define POPS 2
#endif
#ifndef ENTRIES
#define ENTRIES 2
#endif
#define SLOTS 2
#define WRAP 8
#ifndef LOANS
#define LOANS 0
#endif
#define NONE 0

#define NEXT(index) ((index + 1) % ENTRIES)
#define AHEAD(a, b) ((a + WRAP - b) % WRAP)
#define DEPTH AHEAD(fq_tail, fq_head)
#define IS_POPPED(b) (AHEAD(fq_head, push[b]) >= 1 && AHEAD(fq_head, push[b]) <= SLOTS)
/* Sequence numbers that a guard recycled are missing. */
#define IS_REPEATED(nr) (AHEAD(expected, nr) >= 1 && AHEAD(expected, nr) <= WRAP / 2)
/* The slot is beyond the tail, or a guard has reused it for another buffer. Valid only until a host
 * may have overwritten that slot. */
#ifdef BREAK_SLOT
#define IS_UNPUBLISHED(b) push[b] == fq_tail
#else
#define IS_UNPUBLISHED(b) (push[b] == fq_tail || (AHEAD(fq_tail, push[b]) < SLOTS && slot[push[b] % SLOTS] != b))
#endif
/* The ledger records the device as owner. */
#define WITH_DEVICE(b) (state[b] == DEVICE || (state[b] == LENT && IS_POPPED(b)))
#define IN_SLOT(b) ((DEPTH >= 1 && slot[fq_head % SLOTS] == b) || (DEPTH >= 2 && slot[(fq_head + 1) % SLOTS] == b))
#define IS_LAST(b) (last_buffer == b && last_push == push[b])
#define ALIVE (is_alive && generation == me)

#ifdef BREAK_LOAN
#define NO_LOAN(b) true
#else
#define NO_LOAN(b) !loaned[b]
#endif
#define IN_HAND(b) (state[b] == READY && noted[b])

mtype = { FREE, LENT, DEVICE, READY };         /* of a row */
mtype = { HOSTS, SLOT, DEVICES, PUBLISHED };   /* where a buffer really is */

/* Shared with the device. */
byte entry[ENTRIES], number[ENTRIES];
byte rq_head, rq_tail;
byte slot[SLOTS];
byte fq_head, fq_tail;
byte current;
bool filled[3]; /* the buffer's count is not 0 */
byte device_number;

/* Survives a host: rows, the collector's journal, the guard's loans. */
mtype state[3] = FREE;
byte push[3];
bool noted[3];
byte noted_number[3];
byte last_buffer, last_push, next_collected;
bool loaned[3];

/* Dies with a host: the content of its rings, the sequence number that the drain expects. */
chan handed = [2] of { byte };
chan returned = [2] of { byte };
byte expected;

/* Ground truth. */
mtype place[3] = HOSTS;
bool owed[3]; /* has records neither collected nor reported lost */
bool is_alive, device_died, guard_works, is_salvaged;
byte generation, loans;

inline hand_over(buffer, from, to) {
  assert(buffer != NONE && place[buffer] == from);
  place[buffer] = to
}

proctype Device() {
  byte mine;
  {
    do
    :: current == NONE ->
       fq_head != fq_tail && fq_head < POPS;
       mine = slot[fq_head % SLOTS];
       d_step { hand_over(mine, SLOT, DEVICES); assert(!owed[mine]); fq_head = (fq_head + 1) % WRAP };
       d_step { current = mine; mine = NONE; filled[current] = true; owed[current] = true }
    :: current != NONE ->
       NEXT(rq_tail) != rq_head;
       d_step { entry[rq_tail] = current; number[rq_tail] = device_number };
       d_step { hand_over(current, DEVICES, PUBLISHED); rq_tail = NEXT(rq_tail) };
       d_step { current = NONE; device_number = (device_number + 1) % WRAP }
    od
  } unless { device_died }
}

proctype Drain(byte me) {
  byte seen, nr;
  {
    do
    :: rq_head != rq_tail ->
       d_step {
         seen = entry[rq_head];
         nr = number[rq_head];
         assert(WITH_DEVICE(seen) && !IS_REPEATED(nr));
         expected = (nr + 1) % WRAP;
         state[seen] = READY
       };
#ifndef BREAK_NOTE
       d_step { noted[seen] = true; noted_number[seen] = nr };
#endif
#ifdef BREAK_HANDOFF
       handed ! seen;
       d_step { hand_over(seen, PUBLISHED, HOSTS); rq_head = NEXT(rq_head); seen = NONE }
#else
       d_step { hand_over(seen, PUBLISHED, HOSTS); rq_head = NEXT(rq_head) };
#ifdef BREAK_NOTE
       d_step { noted[seen] = true; noted_number[seen] = nr };
#endif
       d_step { handed ! seen; seen = NONE }
#endif
    od
  } unless { !ALIVE }
}

proctype Collector(byte me) {
  byte mine;
  {
    do
    :: handed ? mine ->
       d_step { /* commits the step: later frames do not count */
         if
         :: filled[mine] -> assert(owed[mine]); owed[mine] = false
         :: else
         fi;
         last_buffer = mine;
         last_push = push[mine];
         next_collected = (noted_number[mine] + 1) % WRAP
       };
       filled[mine] = false;
       d_step { state[mine] = FREE; returned ! mine; mine = NONE }
    od
  } unless { !ALIVE }
}

proctype Refill(byte me) {
  byte mine;
  {
    do
    :: DEPTH < SLOTS && nempty(returned) ->
       d_step { returned ? mine; push[mine] = fq_tail; noted[mine] = false; state[mine] = LENT };
       slot[fq_tail % SLOTS] = mine;
       d_step { hand_over(mine, HOSTS, SLOT); fq_tail = (fq_tail + 1) % WRAP; mine = NONE }
#ifdef SALVAGE
    /* Once the queue is empty. */
    :: device_died && rq_head == rq_tail && !is_salvaged ->
       is_salvaged = true;
       if
       :: d_step { current != NONE && WITH_DEVICE(current) -> mine = current; state[mine] = READY };
          /* The guard may have died holding this buffer's entry. */
          d_step { assert(place[mine] != SLOT); noted[mine] = true; noted_number[mine] = expected; place[mine] = HOSTS };
          d_step { handed ! mine; mine = NONE }
       :: else
       fi
#endif
    od
  } unless { !ALIVE }
}

/* Locates a buffer that the dead host knew (docs/host-state.md, Taking over). */
inline take_over(b) {
  d_step {
    if
    :: IN_SLOT(b) ->
       state[b] = LENT;
       noted[b] = false;
       push[b] = (slot[fq_head % SLOTS] == b && DEPTH >= 1 -> fq_head : (fq_head + 1) % WRAP)
    :: else ->
       if
#ifndef BREAK_LOAN
       :: loaned[b] -> state[b] = DEVICE; noted[b] = false
#endif
       :: NO_LOAN(b) && state[b] == LENT && IS_UNPUBLISHED(b) ->
#ifdef BREAK_UNPUBLISHED
          state[b] = DEVICE
#else
          state[b] = FREE
#endif
       :: NO_LOAN(b) && state[b] == LENT && !IS_UNPUBLISHED(b) -> state[b] = DEVICE
       :: NO_LOAN(b) && state[b] == READY && !noted[b] -> state[b] = DEVICE
#ifndef BREAK_JOURNAL
       :: NO_LOAN(b) && state[b] == READY && noted[b] && IS_LAST(b) -> filled[b] = false; state[b] = FREE
#endif
       :: else /* to be collected, free, or with the device */
       fi
    fi
  }
}

/* sluice_guard.c while no host holds the session. Dies with the device. */
proctype Guard() {
  byte seen;
  {
    do
    :: atomic { !is_alive && loans < LOANS -> guard_works = true; loans++ };
       if
       :: rq_head != rq_tail ->
          seen = entry[rq_head];
          d_step { hand_over(seen, PUBLISHED, HOSTS); rq_head = NEXT(rq_head) }
       /* Rescue. The guard's 20 passes exclude that a buffer is in transit inside the device. */
       :: current == NONE && DEPTH == 0 && rq_head == rq_tail && place[1] == HOSTS -> seen = 1
       :: current == NONE && DEPTH == 0 && rq_head == rq_tail && place[2] == HOSTS -> seen = 2
       :: else
       fi;
       if
       :: seen != NONE ->
          d_step {
            if
            /* Reported lost; twice, in the capture and here, if a host died between its collector's
             * step and the wipe of that buffer. */
            :: filled[seen] -> assert(owed[seen] || last_buffer == seen); owed[seen] = false; filled[seen] = false
            :: else
            fi
          };
          d_step { loaned[seen] = true; slot[fq_tail % SLOTS] = seen };
          d_step { hand_over(seen, HOSTS, SLOT); fq_tail = (fq_tail + 1) % WRAP; seen = NONE }
       :: else
       fi;
       guard_works = false
    od
  } unless { device_died }
}

/* The next host, after the guard has made way. */
proctype Next() {
  byte b;
  do
  :: atomic { /* it holds the locks; the dead host's memory is gone */
       !is_alive && (!guard_works || device_died) ->
       do :: handed ? b :: empty(handed) -> break od;
       do :: returned ? b :: empty(returned) -> break od;
       is_alive = true; is_salvaged = false
     };
     {
     take_over(1);
     take_over(2);
     atomic {
       expected = next_collected;
       for (b : 1 .. 2) {
         if
         :: IN_HAND(b) ->
            handed ! b;
            if
            :: IS_REPEATED(noted_number[b]) -> skip
            :: else -> expected = (noted_number[b] + 1) % WRAP
            fi
         :: state[b] == FREE -> returned ! b
         :: else
         fi
       }
     }
#ifndef BREAK_STEP_OVER
     do
     :: rq_head != rq_tail && (!WITH_DEVICE(entry[rq_head]) || IS_REPEATED(number[rq_head])) ->
        d_step {
          b = entry[rq_head];
          if
          :: place[b] == PUBLISHED -> place[b] = HOSTS
          :: else
          fi;
          rq_head = NEXT(rq_head)
        }
     :: else -> break
     od;
#endif
     b = 0;
     d_step {
       for (b : 1 .. 2) {
         /* None is lost: the host's buffers are on a ring, and no one else owns them. */
         assert(device_died || (place[b] == HOSTS) == (state[b] == FREE || state[b] == READY));
         loaned[b] = false
       }
       b = 0
     }
     atomic { run Drain(generation); run Collector(generation); run Refill(generation); b = 0 }
     } unless { !is_alive }
  od
}

proctype Death() {
  do
  :: d_step { is_alive && generation < DEATHS -> generation++; is_alive = false; loans = 0 }
#ifdef SALVAGE
  :: !device_died -> device_died = true
#endif
  :: true -> break
  od
}

init {
  atomic {
    returned ! 1;
    returned ! 2;
    is_alive = true;
    run Drain(0);
    run Collector(0);
    run Refill(0);
    run Device();
    run Guard();
    run Next();
    run Death()
  }
}
