"use strict";
(() => {
  const KEPT_POINTS = 300; // five minutes, as the daemon keeps them
  const MOST_CARDS = 2; // of more sessions there is a row each
  const OLD_LOSS_S = 3600;
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

  /** How long ago, in one unit. */
  function ago(text) {
    const s = Math.max(0, (Date.now() - new Date(text)) / 1000);
    if (s < 60) return Math.floor(s) + " s ago";
    if (s < 3600) return Math.floor(s / 60) + " min ago";
    if (s < 172800) return Math.floor(s / 3600) + " h ago";
    return Math.floor(s / 86400) + " days ago";
  }

  /** An age that goes on; the exact time is in its title. */
  function aged(text) {
    const time = el("time", "muted age", ago(text));
    time.dateTime = text;
    time.title = new Date(text).toLocaleString("en-GB", { timeZoneName: "short" });
    return time;
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
    const body = rows.map((row) => el("tr", "", ...row.map(([text, className], i) => {
      const cell = el("td", className || "", text);
      cell.dataset.head = heads[i];
      return cell;
    })));
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
    ["never_started_records", "never started", "+"],
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
    mark(verdict, "offline", false);
    const lastLoss = frame.last_loss.time;
    const isOld = lost > 0 && lastLoss && Date.now() - new Date(lastLoss) > OLD_LOSS_S * 1000;
    mark(verdict, "bad", lost > 0 && !isOld);
    mark(verdict, "old", Boolean(isOld));
    mark(verdict, "good", lost === 0 && produced > 0);
    if (lost > 0) {
      write(byId("headline"), count(lost) + (lost === 1 ? " record lost" : " records lost"));
      const parts = [];
      if (dropped) parts.push(count(dropped) + " dropped by devices (" + counted(frame.totals.dropped_records) + ")");
      if (uncaptured) parts.push(count(uncaptured) + " collected but not captured (" + counted(frame.storage.lost_records) + ")");
      if (unaccounted) parts.push(count(unaccounted) + " unaccounted for, which is a defect");
      write(byId("subline"), "Of " + count(produced) + " since " + moment(frame.started_at) + ": " + parts.join("; ") + ".");
    } else if (produced > 0) {
      write(byId("headline"), "No records lost");
      write(byId("subline"), "Every record since " + moment(frame.started_at) + " is accounted for.");
    } else {
      write(byId("headline"), "No records yet");
      write(byId("subline"), "No producer has written anything yet.");
    }
    rebuild(byId("last-loss"), [lost > 0, frame.last_loss, produced > 0], () =>
      lost > 0 && lastLoss ? ["Last loss: ", aged(lastLoss), " (" + frame.last_loss.place + ")."]
        : lost === 0 && produced > 0 ? ["No loss since the daemon started."] : []);
    document.title = (lost > 0 ? count(lost) + " lost" : produced > 0 ? "0 lost" : "idle") + " – Sluice";
    const warnings = frame.not_ready_reasons.map((reason) => "Not ready: " + reason)
      .concat(frame.devices.filter((device) => !device.up).map((device) => "Device " + device.device + " is down: " + device.down_cause))
      .concat(frame.agents.filter((agent) => !agent.healthy).map((agent) => "Agent " + agent.name + " is stalled"));
    showLines("warnings", byId("warnings"), warnings);
    const notices = grouped(frame.notices);
    showLines("notices", byId("host"), notices);
    write(byId("host-summary"), "Host limitations (" + notices.length + ")");
  }

  /** What many sessions have in common is said once. */
  function grouped(notices) {
    const sessions = new Map();
    for (const notice of notices) {
      const [, session, text] = notice.match(/^session (\d+): (.*)$/) || [notice, "", notice];
      sessions.set(text, (sessions.get(text) || []).concat(session || []));
    }
    return [...sessions].map(([text, ids]) =>
      (ids.length > 1 ? ids.length + " sessions: " : ids.length === 1 ? "session " + ids[0] + ": " : "") + text);
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
        return top;
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
      workloadTitle: el("h4", "", "Cores: busy and tasks in the last second, durations since attach"),
      spark: spark(),
      scale: el("p", "scale muted"),
      row: null,
      isOpen: false,
      queues: el("div", "bars"),
      free: el("div", "bars"),
      freeTitle: el("h4", "", "Free queues: fewest buffers in the last seconds"),
      causes: el("p", "note bad-number"),
      capture: el("p", "note muted"),
      rates: [],
      pushedAt: 0,
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
      el("header", "", card.name, card.state), card.about, card.list, card.spark.svg, card.scale,
      el("h4", "", "Refill latency since attach"), card.latencies, card.workloadTitle, card.workload,
      el("h4", "", "Ready queues: full buffers waiting"), card.queues, card.freeTitle, card.free, card.causes, card.capture);
    card.node.dataset.session = session.id;
    return card;
  }

  function showSession(card, session, device, elapsed) {
    write(card.name, session.name || "session " + session.id);
    write(card.state, session.state + ", " + age(session.duration_seconds));
    write(card.about, "session " + session.id + " · device " + session.device + " · " + session.layout + " · " + session.placement +
      " by " + session.route + " · level " + session.level + " · " + session.num_cores + " cores · " + session.sched_threads + " AICPU threads");
    figure(card.numbers.rate, rate(session.collected_bytes_per_second));
    // One point per second, as in the history that the chart began with.
    card.pushedAt += elapsed;
    if (card.pushedAt >= 0.95) {
      card.pushedAt = 0;
      card.rates.push(session.collected_bytes_per_second);
      if (card.rates.length > KEPT_POINTS) card.rates.shift();
    }
    const top = card.spark.show(card.rates);
    write(card.scale, "collected per second, last 5 minutes, at most " + rate(top));
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
        of.tasks ? Math.round(100 * of.utilization_ratio) + " %" : "–");
      figure(card.tasks[type + "Rate"], of.tasks ? count(Math.round(of.tasks_per_second)) : "–");
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
    if (session.mismatched_records) causes.push(count(session.mismatched_records) + " records differ from what the producer wrote.");
    write(card.causes, causes.join(" "));
    card.causes.hidden = causes.length === 0;
    mark(card.node, "bad", bad);
    const capture = session.capture;
    write(card.capture, capture
      ? "Capture " + capture.directory.split("/").pop() + ": " + bytes(capture.written_bytes) + " written, " + count(capture.staged_records) + " records not yet on disk, " +
        (sum(capture.capture_lost_records) ? counted(capture.capture_lost_records) + " lost" : "none lost")
      : "Not captured.");
  }

  const CEILINGS = [
    ["control_path", "control path", "host threads too slow"],
    ["buffer_lifecycle", "buffer life cycle", "too few buffers for the bursts"],
    ["bandwidth", "bandwidth", "collectors or link too slow"],
    ["storage", "storage", "disk too slow"],
  ];

  /** The session that is nearest to each ceiling speaks for all of them. */
  function showHeadroom(sessions) {
    const measured = sessions.filter((session) => session.ceilings);
    byId("headroom").hidden = measured.length === 0;
    if (measured.length === 0) return;
    showCeilings(CEILINGS.map(([key, name, meaning]) => {
      const nearest = measured.reduce((a, b) => (b.ceilings[key].worst_utilization_ratio > a.ceilings[key].worst_utilization_ratio ? b : a));
      const { utilization_ratio: ratio, worst_utilization_ratio: worst } = nearest.ceilings[key];
      const whose = measured.length > 1 && worst > 0 ? ", " + (nearest.name || "session " + nearest.id) : "";
      return [name + (worst >= 0.75 ? ": " + meaning : ""), percent(ratio) + " used, worst " + percent(worst) + whose, ratio, worst];
    }));
  }

  const showCeilings = meters(byId("ceilings"));
  const percent = (ratio) => (ratio * 100).toFixed(ratio < 0.1 ? 1 : 0) + " %";

  /** Most used ceiling of a session: its name and how much of it. */
  function mostUsed(session) {
    return CEILINGS.map(([key, name]) => [name, session.ceilings[key].worst_utilization_ratio])
      .reduce((a, b) => (b[1] > a[1] ? b : a));
  }

  function newRow(card, id) {
    const toggle = el("button", "toggle");
    toggle.type = "button";
    toggle.addEventListener("click", () => {
      card.isOpen = !card.isOpen;
      place();
    });
    const row = {
      node: el("tr"), toggle, device: el("td"), state: el("td", "wide"), rate: el("td"), spark: spark(),
      dropped: el("td"), use: meter(), p99: el("td", "wide"), waited: el("td", "wide"),
    };
    row.node.append(row.device, el("td", "name", toggle), row.state, row.rate, el("td", "wide", row.spark.svg),
      row.dropped, el("td", "use", row.use.node), row.p99, row.waited);
    row.node.dataset.session = id;
    return row;
  }

  function showRow(card, session) {
    if (!card.row) card.row = newRow(card, session.id);
    const row = card.row;
    write(row.device, String(session.device));
    write(row.toggle, session.name || "session " + session.id);
    write(row.state, session.state);
    write(row.rate, rate(session.collected_bytes_per_second));
    row.spark.show(card.rates);
    const dropped = sum(session.dropped_records) + Math.abs(session.unaccounted_records);
    figure(row.dropped, count(dropped), dropped > 0);
    const [name, used] = mostUsed(session);
    row.use.show(name, percent(used), used);
    write(row.p99, session.refill_latency_seconds.count ? seconds(session.refill_latency_seconds.p99) : "–");
    write(row.waited, seconds(session.device_stall_seconds_estimate));
  }

  /** Loss first, then the most used ceiling. */
  const badness = (session) =>
    [sum(session.dropped_records) + Math.abs(session.unaccounted_records), mostUsed(session)[1]];

  function inOrder(sessions) {
    const byDevice = [...sessions].sort((a, b) => a.device - b.device || a.id - b.id);
    if (byId("order").value === "device") return byDevice;
    return byDevice.sort((a, b) => {
      const [x, y] = [badness(a), badness(b)];
      return y[0] - x[0] || y[1] - x[1];
    });
  }

  let order = [];

  /** Puts rows and cards where they belong, and moves nothing that is there already. */
  function place() {
    const isTable = order.length > MOST_CARDS;
    byId("overview").hidden = !isTable;
    const shown = order.map((id) => cards.get(id)).filter((card) => !isTable || card.isOpen);
    fill(byId("rows"), isTable ? order.map((id) => cards.get(id).row.node) : []);
    fill(byId("cards"), shown.map((card) => card.node));
    for (const id of order) {
      const card = cards.get(id);
      if (card.row) card.row.toggle.setAttribute("aria-expanded", String(card.isOpen));
    }
  }

  function fill(node, children) {
    const isSame = node.childElementCount === children.length && children.every((child, i) => node.children[i] === child);
    if (!isSame) node.replaceChildren(...children);
  }

  function showSessions(frame, elapsed) {
    byId("no-sessions").hidden = frame.sessions.length > 0;
    const devices = new Map(frame.devices.map((device) => [device.device, device]));
    const sessions = inOrder(frame.sessions);
    order = sessions.map((session) => session.id);
    for (const session of sessions) {
      const isNew = !cards.has(session.id);
      if (isNew) cards.set(session.id, newCard(session));
      const card = cards.get(session.id);
      showSession(card, session, devices.get(session.device), isNew ? 0 : elapsed);
      showRow(card, session);
    }
    for (const id of [...cards.keys()]) {
      if (!order.includes(id)) cards.delete(id);
    }
    place();
  }

  /** What was before this page was opened. */
  function fetchHistory() {
    fetch("/api/v1/history")
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then(({ sessions }) => {
        for (const session of sessions) {
          const card = cards.get(session.id);
          if (card) card.rates = session.collected_bytes_per_second.slice(-KEPT_POINTS);
        }
      })
      .catch(() => {}); // the chart then begins now
  }

  // --- The lists below

  function showLosses(frame) {
    const losses = Object.entries(frame.totals.dropped_records).map(([cause, n]) => ["device", cause, n])
      .concat(Object.entries(frame.storage.lost_records).map(([reason, n]) => ["capture", reason, n]))
      .concat([["", "unaccounted", Math.abs(frame.totals.unaccounted_records)]])
      .filter(([, , n]) => n !== 0);
    rebuild(byId("drops"), losses, () => losses.length === 0
      ? [el("p", "muted", "None since the daemon started.")]
      : [table(["cause", "records", ""], losses.map(([where, cause, n]) => [
          [(where ? where + ": " : "") + words(cause), "wrap"], [count(n), "bad-number"], [runbook(cause), ""]]))]);
  }

  /** The runbook is plain text: the browser looks for the word. */
  function runbook(cause) {
    const link = el("a", "", "what to do");
    link.href = "/runbook#:~:text=" + encodeURIComponent(cause);
    return link;
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
    fetch("/api/v1/drops?limit=200")
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then(({ drops }) => {
        byId("drop-events").replaceChildren(...episodes(drops).slice(0, 6).map((episode) =>
          el("li", "", aged(episode.time), el("span", "", count(episode.records) + " records of device " + episode.device +
            ", session " + episode.session + ", " + words(episode.kind) + (episode.places > 1 ? " (" + episode.places + " pools)" : " " + episode.instance) +
            ": " + words(episode.cause) + ", points to " + words(episode.ceiling)))));
      })
      .catch(() => {
        dropsShown = -1; // with the next frame again
      });
  }

  /** Events of one session, kind and cause within seconds of each other are one episode; newest first. */
  function episodes(drops) {
    const all = [];
    for (const drop of drops) {
      const of = all.find((e) => e.session === drop.session && e.kind === drop.kind && e.cause === drop.cause &&
        new Date(e.oldest) - new Date(drop.time) < 5000);
      if (of) {
        of.records += drop.dropped_records;
        of.oldest = drop.time;
        of.instances.add(drop.instance);
        of.places = of.instances.size;
      } else {
        all.push({ ...drop, records: drop.dropped_records, oldest: drop.time, instances: new Set([drop.instance]), places: 1 });
      }
    }
    return all;
  }

  /* A session that is ending may be in both lists. */
  const isNotOpen = (open) => (session) => !open.some((other) => other.id === session.id);

  function showCaptures(frame) {
    const rows = frame.sessions.concat(frame.ended.filter(isNotOpen(frame.sessions))).filter((session) => session.capture).map((session) =>
      [session.id, session.name, session.capture.directory, session.capture.written_bytes, sum(session.capture.capture_lost_records)]);
    const data = { rows, retained: frame.storage.retained_bytes, written: frame.storage.written_bytes, errors: frame.storage.errors };
    rebuild(byId("captures"), data, () => {
      const parts = [];
      if (rows.length > 0) {
        parts.push(table(["capture", "written", "lost"], rows.map(([, , directory, written, lost]) =>
          [[directory.split("/").pop(), "wrap"], [bytes(written), ""], [count(lost), lost ? "bad-number" : ""]])));
      }
      parts.push(el("p", "note muted", bytes(data.retained) + " on disk, " + bytes(data.written) + " written since the start" +
        (nonZero(data.errors).length ? ". Disk errors: " + counted(data.errors) : "") + "."));
      return parts;
    });
  }

  function showEnded(ended) {
    const rows = ended.map((session) => [session.id, session.name, session.device, session.state, session.started_at,
      session.duration_seconds, session.collected_bytes, sum(session.dropped_records), session.unaccounted_records]);
    // A column that is 0 throughout would leave the names no room.
    const isAnyUnaccounted = rows.some((row) => row[8] !== 0);
    rebuild(byId("ended"), rows, () => rows.length === 0
      ? [el("p", "muted", "None yet.")]
      : [table(["session", "ended", "lasted", "mean rate", "dropped"].concat(isAnyUnaccounted ? ["unaccounted"] : []), rows.map(
          ([id, name, device, state, started, lasted, collected, dropped, unaccounted]) => [
            [(name || "session " + id) + ", device " + device + ", " + state.replace(/^ended \((.*)\)$/, "$1"), "wrap"],
            [aged(new Date(new Date(started).getTime() + lasted * 1000).toISOString()), ""], [age(lasted), ""],
            [lasted > 0 ? rate(collected / lasted) : "–", ""],
            [count(dropped), dropped ? "bad-number" : ""]].concat(
            isAnyUnaccounted ? [[count(unaccounted), unaccounted ? "bad-number" : ""]] : [])))]);
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
  let lastFrame = null;
  let isShown = false;
  let hasHistory = false; // of each connection

  function show(frame, id) {
    if (frame.version + " " + frame.revision !== build) {
      location.reload(); // another daemon answers now, and brings its own page
      return;
    }
    const isRestarted = frame.started_at !== startedAt;
    if (isRestarted) {
      startedAt = frame.started_at;
      cards.clear();
    }
    const elapsed = isRestarted ? 0 : (id - lastId) / 1000;
    lastId = id;
    lastFrame = frame;
    showVerdict(frame);
    showLaw(frame.totals);
    showHeadroom(frame.sessions);
    showSessions(frame, elapsed);
    if (!hasHistory) {
      hasHistory = true;
      fetchHistory();
    }
    showLosses(frame);
    showDropEvents(sum(frame.totals.dropped_records));
    showCaptures(frame);
    showEnded(frame.ended);
    showEvents(frame.events);
    showAge();
    isShown = true;
  }

  function showAge() {
    if (startedAt && lostSince === null) {
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
    hasHistory = false;
    document.title = "offline – Sluice";
    if (isShown) {
      // What was known may be wrong by now.
      byId("verdict").className = "panel verdict offline";
      write(byId("headline"), "Status unknown since " + clock(lostSince));
      write(byId("subline"), "The daemon does not answer. The values below are the last ones received.");
      byId("last-loss").replaceChildren();
      delete byId("last-loss").dataset.shown;
    }
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
      // A refusal ends an EventSource; after a broken connection it reconnects by itself.
      if (source.readyState === EventSource.CLOSED) reopen();
    });
  }

  function reopen() {
    clearTimeout(reopening);
    reopening = setTimeout(open, REOPEN_MS);
  }

  function watch() {
    showAge();
    for (const time of document.querySelectorAll("time.age")) write(time, ago(time.dateTime));
    // A connection can be dead without an error, for example after a suspend.
    if (heardAt > 0 && performance.now() - heardAt > 3 * interval + 5000) {
      lost();
      open();
    }
  }

  byId("order").addEventListener("change", () => {
    if (lastFrame) showSessions(lastFrame, 0);
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      // The page is hidden: let the daemon rest.
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
