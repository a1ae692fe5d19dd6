"use strict";
(() => {
  const KEPT_POINTS = 120;
  const REOPEN_MS = 2000;
  const byId = (id) => document.getElementById(id);
  const build = document.querySelector('meta[name="sluice-build"]').content;

  // --- Text. Names come from producers: everything is written as text, nothing as markup.

  function el(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function mark(node, className, isOn) {
    if (node.classList.contains(className) !== isOn) node.classList.toggle(className, isOn);
  }

  /** Rebuilds a list only when it says something else, so that focus and selection survive. */
  function rebuild(node, data, make) {
    const key = JSON.stringify(data);
    if (node.dataset.shown === key) return;
    node.dataset.shown = key;
    node.replaceChildren(...make());
  }

  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const count = (n) => whole.format(n);

  function scaled(n, units, step, unit) {
    let i = 0;
    while (n >= step && i < units.length - 1) {
      n /= step;
      i++;
    }
    return (i === 0 || n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)) + " " + units[i] + unit;
  }

  const bytes = (n) => scaled(n, ["", "k", "M", "G", "T", "P"], 1000, "B");
  const rate = (n) => bytes(n) + "/s";

  function seconds(s) {
    if (s === 0) return "0";
    if (s < 1e-3) return (s * 1e6).toFixed(s < 1e-4 ? 1 : 0) + " µs";
    if (s < 1) return (s * 1e3).toFixed(s < 0.1 ? 1 : 0) + " ms";
    return age(s);
  }

  function age(s) {
    if (s < 60) return s.toFixed(1) + " s";
    if (s < 3600) return Math.floor(s / 60) + " min " + Math.floor(s % 60) + " s";
    if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor((s % 3600) / 60) + " min";
    return Math.floor(s / 86400) + " d " + Math.floor((s % 86400) / 3600) + " h";
  }

  const clock = (date) => date.toLocaleTimeString("en-GB");

  function moment(text) {
    const date = new Date(text);
    const isToday = date.toDateString() === new Date().toDateString();
    return isToday ? clock(date) : date.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) + " " + clock(date);
  }

  const sum = (object) => Object.values(object || {}).reduce((a, b) => a + b, 0);
  const words = (label) => label.replaceAll("_", " ");
  const nonZero = (object) => Object.entries(object || {}).filter(([, n]) => n !== 0);
  const counted = (object) => nonZero(object).map(([label, n]) => words(label) + " " + count(n)).join(", ");

  // --- Parts of the page

  /** Named numbers that are made once and then only rewritten. */
  function figures(list, names) {
    const nodes = {};
    for (const [key, label] of names) {
      const dd = el("dd", "", "–");
      list.append(el("div", "", el("dt", "", label), dd));
      nodes[key] = dd;
    }
    return nodes;
  }

  function figure(node, text, isBad) {
    write(node, text);
    mark(node, "bad-number", Boolean(isBad));
  }

  function meter() {
    const label = el("span");
    const value = el("span");
    const fill = el("i");
    const peak = el("b");
    const track = el("div", "track", fill, peak);
    const node = el("div", "meter", el("div", "row", label, value), track);
    return {
      node,
      /** A peak, if there is one, is drawn as a line; of free buffers none left is what is bad. */
      show(name, text, ratio, peakRatio, isLowBad) {
        write(label, name);
        write(value, text);
        fill.style.width = Math.min(100, Math.max(0, ratio * 100)) + "%";
        peak.hidden = !peakRatio;
        if (peakRatio) peak.style.left = "calc(" + Math.min(100, peakRatio * 100) + "% - 1px)";
        const worst = Math.max(ratio, peakRatio || 0);
        mark(node, "warn", isLowBad ? ratio === 0 : worst >= 0.75 && worst < 1);
        mark(node, "full", !isLowBad && worst >= 1);
      },
    };
  }

  /** As many meters as there are things to show, made when first needed. */
  function meters(node) {
    const made = [];
    return (items) => {
      while (made.length < items.length) {
        made.push(meter());
        node.append(made[made.length - 1].node);
      }
      made.forEach((m, i) => {
        m.node.hidden = i >= items.length;
        if (i < items.length) m.show(...items[i]);
      });
    };
  }

  function table(heads, rows) {
    const head = el("tr", "", ...heads.map((h) => {
      const th = el("th", "", h);
      th.scope = "col";
      return th;
    }));
    const body = rows.map((row) => el("tr", "", ...row.map(([text, className]) => el("td", className || "", text))));
    const made = el("table", "", el("thead", "", head), el("tbody", "", ...body));
    const scroll = el("div", "scroll", made);
    scroll.tabIndex = 0;
    return scroll;
  }

  // --- Accounting law

  const LAW = [
    ["device_records", "produced", "="],
    ["collected_records", "collected", "+"],
    ["dropped", "dropped", "+"],
    ["salvaged_records", "salvaged", "+"],
    ["in_flight_records", "in flight", "+"],
    ["unaccounted_records", "unaccounted", ""],
  ];
  const law = figures(byId("law"), LAW);
  [...byId("law").children].forEach((div, i) => {
    if (LAW[i][2]) div.dataset.sign = LAW[i][2];
    if (i > 0) div.dataset.before = LAW[i - 1][2];
  });

  function term(totals, key) {
    return key === "dropped" ? sum(totals.dropped_records) : totals[key];
  }

  const isLoss = (key) => key === "dropped" || key === "unaccounted_records";

  function showLaw(totals) {
    for (const [key] of LAW) {
      const n = term(totals, key);
      figure(law[key], count(n), isLoss(key) && n !== 0);
    }
    rebuild(byId("kinds"), totals.kinds, () =>
      Object.entries(totals.kinds).map(([kind, row]) =>
        el("tr", "", el("td", "", words(kind)), ...LAW.map(([key]) => {
          const n = term(row, key);
          return el("td", isLoss(key) && n !== 0 ? "bad-number" : "", count(n));
        }))));
  }

  function showVerdict(frame) {
    const dropped = sum(frame.totals.dropped_records);
    const unaccounted = Math.abs(frame.totals.unaccounted_records);
    const uncaptured = sum(frame.storage.lost_records);
    const lost = dropped + unaccounted + uncaptured;
    const produced = frame.totals.device_records;
    const verdict = byId("verdict");
    mark(verdict, "bad", lost > 0);
    mark(verdict, "good", lost === 0 && produced > 0);
    if (lost > 0) {
      write(byId("headline"), count(lost) + (lost === 1 ? " record lost" : " records lost"));
      const parts = [];
      if (dropped) parts.push(count(dropped) + " dropped by devices (" + counted(frame.totals.dropped_records) + ")");
      if (uncaptured) parts.push(count(uncaptured) + " collected but not captured (" + counted(frame.storage.lost_records) + ")");
      if (unaccounted) parts.push(count(unaccounted) + " unaccounted for, which is a defect");
      write(byId("subline"), "Of " + count(produced) + " since " + moment(frame.started_at) + ": " + parts.join("; ") + ".");
    } else if (produced > 0) {
      write(byId("headline"), "No record lost");
      write(byId("subline"), "Each record that a device set out to write since " + moment(frame.started_at) + " is accounted for.");
    } else {
      write(byId("headline"), "No records yet");
      write(byId("subline"), "The daemon waits for a producer on its attach socket.");
    }
    document.title = (lost > 0 ? count(lost) + " lost" : produced > 0 ? "0 lost" : "idle") + " – Sluice";
    const warnings = frame.not_ready_reasons.map((reason) => "Not ready: " + reason)
      .concat(frame.devices.filter((device) => !device.up).map((device) => "Device " + device.device + " is down: " + device.down_cause))
      .concat(frame.agents.filter((agent) => !agent.healthy).map((agent) => "Agent " + agent.name + " makes no progress"));
    showLines("warnings", byId("warnings"), warnings);
    showLines("notices", byId("host"), frame.notices);
    write(byId("host-summary"), "What this host could not give (" + frame.notices.length + ")");
  }

  function showLines(id, whole, lines) {
    whole.hidden = lines.length === 0;
    rebuild(byId(id), lines, () => lines.map((line) => el("li", "", line)));
  }

  // --- Sessions

  const cards = new Map();

  function spark() {
    const NS = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(NS, "svg");
    const area = document.createElementNS(NS, "path");
    const line = document.createElementNS(NS, "polyline");
    svg.setAttribute("class", "spark");
    svg.setAttribute("viewBox", "0 0 " + (KEPT_POINTS - 1) + " 40");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.append(area, line);
    return {
      svg,
      show(points) {
        const top = Math.max(...points, 1);
        const first = KEPT_POINTS - points.length;
        const at = points.map((p, i) => first + i + "," + (39 - (37 * p) / top).toFixed(1));
        line.setAttribute("points", at.join(" "));
        area.setAttribute("d", at.length > 1 ? "M" + first + ",40 L" + at.join(" L") + " L" + (KEPT_POINTS - 1) + ",40 Z" : "");
        svg.setAttribute("aria-label", "collected per second, at most " + rate(top));
      },
    };
  }

  function newCard(session) {
    const card = {
      node: el("article", "panel card"),
      name: el("h3"),
      state: el("p", "muted"),
      about: el("p", "about muted"),
      list: el("dl", "figures"),
      latencies: el("dl", "figures"),
      workload: el("dl", "figures"),
      workloadTitle: el("h4", "", "Cores since attach, by the device's clock"),
      spark: spark(),
      queues: el("div", "bars"),
      free: el("div", "bars"),
      freeTitle: el("h4", "", "Free buffers left, lowest lately"),
      causes: el("p", "note bad-number"),
      capture: el("p", "note muted"),
      rates: [],
      bytes: session.collected_bytes,
    };
    card.numbers = figures(card.list, [
      ["rate", "collected now"], ["collected", "records collected"], ["dropped", "dropped"],
      ["unaccounted", "unaccounted"], ["stall", "device waited (estimate)"],
    ]);
    card.times = figures(card.latencies, [
      ["p50", "refill p50"], ["p99", "refill p99"], ["p999", "refill p99.9"], ["max", "refill max"],
      ["pause", "longest drain pause"],
    ]);
    card.tasks = figures(card.workload, ["aic", "aiv"].flatMap((type) => [
      [type + "Busy", type.toUpperCase() + " busy"], [type + "Rate", type.toUpperCase() + " tasks/s"],
      [type + "P50", type.toUpperCase() + " task p50"], [type + "P99", type.toUpperCase() + " task p99"],
    ]));
    card.showQueues = meters(card.queues);
    card.showFree = meters(card.free);
    card.node.append(
      el("header", "", card.name, card.state), card.about, card.list, card.spark.svg,
      el("h4", "", "Refill latency since attach"), card.latencies, card.workloadTitle, card.workload,
      el("h4", "", "Ready queues, full buffers that wait"), card.queues, card.freeTitle, card.free, card.causes, card.capture);
    card.node.dataset.session = session.id;
    return card;
  }

  function showSession(card, session, device, elapsed) {
    write(card.name, session.name || "session " + session.id);
    write(card.state, session.state + ", " + age(session.duration_seconds));
    write(card.about, "session " + session.id + " · device " + session.device + " · " + session.layout + " · " + session.placement +
      " by " + session.route + " · level " + session.level + " · " + session.num_cores + " cores · " + session.sched_threads + " AICPU threads");
    if (elapsed > 0) {
      card.rates.push(Math.max(0, (session.collected_bytes - card.bytes) / elapsed));
      if (card.rates.length > KEPT_POINTS) card.rates.shift();
      card.bytes = session.collected_bytes;
      figure(card.numbers.rate, rate(card.rates[card.rates.length - 1]));
      card.spark.show(card.rates);
    }
    const dropped = sum(session.dropped_records);
    figure(card.numbers.collected, count(session.collected_records));
    figure(card.numbers.dropped, count(dropped), dropped > 0);
    figure(card.numbers.unaccounted, count(session.unaccounted_records), session.unaccounted_records !== 0);
    figure(card.numbers.stall, seconds(session.device_stall_seconds_estimate));
    const refill = session.refill_latency_seconds;
    for (const key of ["p50", "p99", "p999", "max"]) {
      figure(card.times[key], refill.count ? seconds(refill[key]) : "–");
    }
    figure(card.times.pause, session.drain_pause_seconds.count ? seconds(session.drain_pause_seconds.max) : "–");
    let tasks = 0;
    for (const [type, of] of Object.entries(session.tasks)) {
      tasks += of.tasks;
      figure(card.tasks[type + "Busy"],
        of.cores && of.tasks ? Math.round(100 * of.busy_seconds / of.cores / session.duration_seconds) + " %" : "–");
      figure(card.tasks[type + "Rate"], of.tasks ? count(Math.round(of.tasks / session.duration_seconds)) : "–");
      for (const key of ["p50", "p99"]) {
        figure(card.tasks[type + key.toUpperCase()], of.tasks ? seconds(of.duration_seconds[key]) : "–");
      }
    }
    card.workload.hidden = card.workloadTitle.hidden = tasks === 0;
    card.showQueues(session.queues.map((queue) => [
      "queue " + queue.queue,
      count(queue.entries) + ", highest " + count(queue.entries_max) + " of " + count(queue.capacity_entries),
      queue.entries / queue.capacity_entries,
      queue.entries_max / queue.capacity_entries,
    ]));
    const free = device && device.sessions === 1 ? Object.entries(device.free_queues) : [];
    card.freeTitle.hidden = free.length === 0;
    card.showFree(free.map(([kind, queue]) => [
      words(kind), count(queue.entries_min) + " of " + count(queue.capacity_entries),
      queue.entries_min / queue.capacity_entries, undefined, true,
    ]));
    const violations = sum(session.abi_violations);
    const bad = dropped > 0 || session.unaccounted_records !== 0;
    const causes = [];
    if (dropped) causes.push("Dropped: " + counted(session.dropped_records) + ".");
    if (violations) causes.push("Violations of the wire format: " + counted(session.abi_violations) + ".");
    if (session.mismatched_records) causes.push(count(session.mismatched_records) + " records were not what the producer wrote.");
    write(card.causes, causes.join(" "));
    card.causes.hidden = causes.length === 0;
    mark(card.node, "bad", bad);
    const capture = session.capture;
    write(card.capture, capture
      ? "Capture: " + bytes(capture.written_bytes) + " written, " + count(capture.staged_records) + " records on their way, " +
        (sum(capture.capture_lost_records) ? counted(capture.capture_lost_records) + " lost" : "none lost")
      : "Not captured.");
  }

  const CEILINGS = [
    ["control_path", "control path", "host threads too slow"],
    ["buffer_lifecycle", "buffer lifecycle", "too few buffers for the bursts"],
    ["bandwidth", "bandwidth", "more data than the link carries"],
    ["storage", "storage", "the disk is behind"],
  ];

  /** The session that is nearest to each ceiling speaks for all of them. */
  function showHeadroom(sessions) {
    const measured = sessions.filter((session) => session.headroom);
    byId("headroom").hidden = measured.length === 0;
    if (measured.length === 0) return;
    showCeilings(CEILINGS.map(([key, name, meaning]) => {
      const nearest = measured.reduce((a, b) => (b.headroom[key].worst_ratio > a.headroom[key].worst_ratio ? b : a));
      const { ratio, worst_ratio: worst } = nearest.headroom[key];
      const whose = measured.length > 1 && worst > 0 ? ", " + (nearest.name || "session " + nearest.id) : "";
      return [name + (worst >= 0.75 ? ": " + meaning : ""), percent(ratio) + ", worst " + percent(worst) + whose, ratio, worst];
    }));
  }

  const showCeilings = meters(byId("ceilings"));
  const percent = (ratio) => (ratio * 100).toFixed(ratio < 0.1 ? 1 : 0) + " %";

  function showSessions(frame, elapsed) {
    byId("no-sessions").hidden = frame.sessions.length > 0;
    const devices = new Map(frame.devices.map((device) => [device.device, device]));
    const present = new Set();
    for (const session of frame.sessions) {
      present.add(session.id);
      const isNew = !cards.has(session.id);
      if (isNew) {
        cards.set(session.id, newCard(session));
        byId("cards").append(cards.get(session.id).node);
      }
      showSession(cards.get(session.id), session, devices.get(session.device), isNew ? 0 : elapsed);
    }
    for (const [id, card] of cards) {
      if (!present.has(id)) {
        card.node.remove();
        cards.delete(id);
      }
    }
  }

  // --- The lists below

  const lastMoved = new Map();

  /** When a cause was last seen to grow; "before" it was already there when this page opened. */
  function noteLosses(losses, isFirst) {
    for (const [cause, n] of losses) {
      const known = lastMoved.get(cause);
      if (!known || n !== known.n) {
        lastMoved.set(cause, { n, when: isFirst && n ? "before this page was opened" : n ? clock(new Date()) : "" });
      }
    }
  }

  function showLosses(frame, isFirst) {
    const losses = Object.entries(frame.totals.dropped_records)
      .map(([cause, n]) => ["device: " + words(cause), n])
      .concat(Object.entries(frame.storage.lost_records).map(([reason, n]) => ["capture: " + words(reason), n]))
      .concat([["unaccounted", Math.abs(frame.totals.unaccounted_records)]]);
    noteLosses(losses, isFirst);
    const rows = losses.filter(([, n]) => n !== 0).map(([cause, n]) => [cause, n, lastMoved.get(cause).when]);
    rebuild(byId("drops"), rows, () => rows.length === 0
      ? [el("p", "muted", "None since the daemon started.")]
      : [table(["cause", "records", "last seen"], rows.map(([cause, n, when]) => [[cause, "wrap"], [count(n), "bad-number"], [when, "wrap"]]))]);
  }

  let dropsShown = -1;

  /** When and where devices dropped, as the daemon has noted it; asked for only when there is news. */
  function showDropEvents(dropped) {
    if (dropped === dropsShown) return;
    dropsShown = dropped;
    if (dropped === 0) {
      byId("drop-events").replaceChildren();
      return;
    }
    fetch("/api/v1/drops?limit=8")
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then(({ drops }) => {
        byId("drop-events").replaceChildren(...drops.map((drop) => {
          const time = el("time", "muted", moment(drop.time));
          time.dateTime = drop.time;
          return el("li", "", time, el("span", "", count(drop.dropped_records) + " of " + words(drop.kind) + " " + drop.instance +
            ", device " + drop.device + ", session " + drop.session + ": " + words(drop.cause) + ", points to " + words(drop.ceiling)));
        }));
      })
      .catch(() => {
        dropsShown = -1; // with the next frame again
      });
  }

  function showCaptures(frame) {
    const rows = frame.sessions.concat(frame.ended).filter((session) => session.capture).map((session) =>
      [session.id, session.name, session.capture.directory, session.capture.written_bytes, sum(session.capture.capture_lost_records)]);
    const data = { rows, retained: frame.storage.retained_bytes, written: frame.storage.written_bytes, errors: frame.storage.errors };
    rebuild(byId("captures"), data, () => {
      const parts = [];
      if (rows.length > 0) {
        parts.push(table(["capture", "written", "lost"], rows.map(([, , directory, written, lost]) =>
          [[directory.split("/").pop(), "wrap"], [bytes(written), ""], [count(lost), lost ? "bad-number" : ""]])));
      }
      parts.push(el("p", "note muted", bytes(data.retained) + " on disk, " + bytes(data.written) + " written since the start" +
        (nonZero(data.errors).length ? ". The disk refused: " + counted(data.errors) : "") + "."));
      return parts;
    });
  }

  function showEnded(ended) {
    const rows = ended.map((session) => [session.id, session.name, session.device, session.device_records,
      sum(session.dropped_records), session.unaccounted_records]);
    rebuild(byId("ended"), rows, () => rows.length === 0
      ? [el("p", "muted", "None yet.")]
      : [table(["session", "produced", "dropped", "unaccounted"], rows.map(([id, name, device, produced, dropped, unaccounted]) => [
          [id + " " + name + ", device " + device, "wrap"], [count(produced), ""],
          [count(dropped), dropped ? "bad-number" : ""], [count(unaccounted), unaccounted ? "bad-number" : ""]]))]);
  }

  function showEvents(events) {
    rebuild(byId("events"), events, () => events.length === 0
      ? [el("li", "muted", "None.")]
      : events.map((event) => {
          const time = el("time", "muted", moment(event.time));
          time.dateTime = event.time;
          return el("li", event.level, time, el("span", "", event.text));
        }));
  }

  // --- One frame

  let startedAt = "";
  let lastId = 0;
  let isShown = false;

  function show(frame, id) {
    if (frame.version + " " + frame.revision !== build) {
      location.reload(); // another daemon answers now, and brings its own page
      return;
    }
    const isRestarted = frame.started_at !== startedAt;
    if (isRestarted) {
      startedAt = frame.started_at;
      cards.forEach((card) => card.node.remove());
      cards.clear();
      lastMoved.clear();
    }
    const elapsed = isRestarted ? 0 : (id - lastId) / 1000;
    lastId = id;
    showVerdict(frame);
    showLaw(frame.totals);
    showHeadroom(frame.sessions);
    showSessions(frame, elapsed);
    showLosses(frame, isRestarted);
    showDropEvents(sum(frame.totals.dropped_records));
    showCaptures(frame);
    showEnded(frame.ended);
    showEvents(frame.events);
    showAge();
    isShown = true;
  }

  function showAge() {
    if (startedAt) {
      write(byId("build"), "version " + build.split(" ")[0] + ", up for " + age(Math.max(0, (Date.now() - new Date(startedAt)) / 1000)));
    }
  }

  // --- The connection

  let source = null;
  let reopening = 0;
  let lostSince = null;
  let heardAt = 0;
  let interval = 1000;

  function connection(className, text) {
    byId("connection").className = "pill " + className;
    write(byId("connection"), text);
    document.body.classList.toggle("stale", isShown && className === "lost");
  }

  function heard() {
    const now = performance.now();
    if (heardAt > 0 && lostSince === null) interval = Math.max(1000, now - heardAt);
    heardAt = now;
    lostSince = null;
    connection("live", "live");
  }

  function lost() {
    heardAt = 0;
    if (lostSince === null) lostSince = new Date();
    connection("lost", "disconnected since " + clock(lostSince) + ", trying again");
  }

  function open() {
    clearTimeout(reopening);
    if (source) source.close();
    source = new EventSource("/api/v1/live");
    source.addEventListener("message", (event) => {
      heard(event);
      show(JSON.parse(event.data), Number(event.lastEventId));
    });
    source.addEventListener("beat", heard);
    source.addEventListener("error", () => {
      lost();
      // A refusal ends an EventSource for good; a broken connection it mends by itself.
      if (source.readyState === EventSource.CLOSED) reopen();
    });
  }

  function reopen() {
    clearTimeout(reopening);
    reopening = setTimeout(open, REOPEN_MS);
  }

  function watch() {
    showAge();
    // A connection can be dead without an error, for example after a suspend.
    if (heardAt > 0 && performance.now() - heardAt > 3 * interval + 5000) {
      lost();
      open();
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      // Nobody looks: let the daemon rest.
      if (source) source.close();
      source = null;
      clearTimeout(reopening);
      heardAt = 0;
      connection("waiting", "paused in the background");
    } else if (!source) {
      open();
    }
  });

  setInterval(watch, 1000);
  open();
})();
