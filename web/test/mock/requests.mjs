// The stand-in's books: requests, holds, packages and disposals, as far as the screens need them to move.
const minute = 60_000_000;
const iso = (us) => new Date(us / 1000).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z");
const us = (text) => Date.parse(text) * 1000;
const may = {
  viewer: ["request.log"],
  clerk: ["footage.read", "footage.list", "footage.live", "audit.own", "request.view", "request.log", "request.prepare", "hold.place", "hold.confirm", "package.hand-over", "retention.view", "request.dispose-confirm"],
};
may.director = [...may.clerk, "request.decide", "request.close", "agency.manage", "hold.lift", "package.recall", "retention.manage", "staff.view", "request.dispose"];
export const people = {
  clerk: { may: may.clerk, person: { id: "stf_2", login: "sam", name: "Sam Okafor", roles: ["preparer"], bundle: "Clerk" } },
  director: { may: may.director, person: { id: "stf_1", login: "maria", name: "Maria Alvarez", roles: ["custodian"], bundle: "Custodian" } },
  viewer: { may: ["footage.read", "footage.list", "footage.live", "audit.own", ...may.viewer], person: { id: "stf_3", login: "lee", name: "Lee Park", roles: ["viewer"], bundle: "Viewer" } },
};

const days = (from, list) => list.map(([day, counted, why]) => ({ day: `2026-11-${String(day).padStart(2, "0")}`, counted, why }));
const clock = days(3, [[3, 0, "the day it reached us"], [4, 1, ""], [5, 2, ""], [6, 3, ""], [7, 0, "Saturday"], [8, 0, "Sunday"], [9, 4, ""], [10, 5, ""], [11, 0, "Veterans Day"], [12, 6, ""], [13, 7, ""], [14, 0, "Saturday"], [15, 0, "Sunday"], [16, 8, ""], [17, 9, ""], [18, 10, ""]]);
const due = (left, overdue = false) => ({ name: "Decide by", at: "2026-11-19T06:00:00.000000Z", left_business_days: left, overdue, clocks: [
  { name: "Acknowledge by", at: "2026-11-06T06:00:00.000000Z", passed: true, steps: clock.slice(0, 3) },
  { name: "Decide by", at: "2026-11-19T06:00:00.000000Z", passed: overdue, steps: clock },
  { name: "Outer limit", at: "2026-11-24T06:00:00.000000Z", passed: false, steps: [] },
] });

export function records({ cameras, start, state }) {
  let b;
  const ref = () => ({ id: state.person?.id ?? "stf_1", name: state.person?.name ?? "Maria Alvarez" });
  const camera = (id) => { const c = cameras.find((x) => x.id === id); return c && { id, name: c.name, class: c.class }; };
  const now = () => iso(start + 90 * minute);
  const bad = (status, problem, more = {}) => ({ status, title: { 403: "Refused", 404: "Not found", 409: "Changed meanwhile", 422: "Something is missing" }[status], problem, kind: "invalid", ...more });
  const say = (r, text, act = "prepared") => { r.version++; b.story.push({ request: r.id, at: now(), act, by: ref().name, text, event: "evt_" + b.story.length }); };

  function blank(id, part) {
    return {
      id, number: `REQ-2026-000${id.slice(-1)}`, kind: "law-enforcement", state: "received", title: "", received_at: iso(start - 60 * minute), logged_at: iso(start - 50 * minute), due: due(5), cameras: [],
      channel: "in-person", text: "", oral: false, read_back: false, inspect: false, requester: { name: "", contact: "" }, officer: { agency: "", name: "", badge: "", case: "", offence: "", at_site: false },
      asked: { cameras: [] }, concerned: [], logged_by: { id: "stf_2", name: "Sam Okafor" }, pick_up: "WB7K-M2QD", items: [], attachments: [], packages: [], deliveries: [], notes: [], version: 1, ...part,
    };
  }

  /** A file whose time is over. */
  const old = (id, n) => ({ id, number: `REQ-2020-000${n}`, kind: "open-records", closing: "denied", closed_at: iso(start - 2200 * 1440 * minute), due_at: iso(start - 300 * 1440 * minute), version: 4 });

  function ofFile(f, rest, body) {
    if (!state.fresh) return bad(403, "You may not do this: sign in again to confirm that it is you.", { kind: "denied", confirm: true });
    if (body.version !== f.version) return bad(409, "The request was changed meanwhile: read it again.");
    f.version++;
    if (rest === "disposal") return { body: Object.assign(f, { proposal: { by: ref(), at: now(), why: body.why } }) };
    b.files = b.files.filter((x) => x !== f);
    const stone = { at: now(), proposed_by: f.proposal.by, proposed_at: f.proposal.at, confirmed_by: ref(), authority: "the schedule of request files: 5 years after closing", file_sha256: "3f2a".repeat(16), final_at: iso(start + 15 * 1440 * minute) };
    b.requests.push(blank(f.id, { number: f.number, kind: f.kind, state: "closed", closing: f.closing, text: "(disposed of)", title: "(disposed of)", pick_up: "", disposed: stone }));
    return { body: stone };
  }

  function reset() {
    b = { files: [old("req_7", 7), { ...old("req_8", 8), keeps: "1 holds stand for this request: its file is kept until they are lifted" }], requests: [], holds: [], story: [], packages: {}, n: 0,
      agencies: [{ id: "agy_1", name: "Westbrook Police Department", phone: "+1 515 555 0142", source: "The city's website, checked November 3 2026", version: 1 }],
      schedules: [{ at_least_days: 14, at_most_days: 30, version: 1 }, { class: "staff-area", at_least_days: 7, at_most_days: 14, version: 1 }, { camera: { id: "cam_r", name: "Children\u2019s area" }, at_least_days: 3, at_most_days: 7, version: 1 }] };
    const text = "A blue commuter bike was taken from the rack by the side door between about 2:00 and 2:02 pm. We ask for the video of the entrance and anyone leaving with it.";
    const bike = blank("req_1", { text, title: text.slice(0, 80), cameras: [{ id: "cam_a", name: "Main entrance" }], asked: { cameras: ["cam_a"], from: iso(start), to: iso(start + 2 * minute) },
      officer: { agency: "Westbrook Police", name: "Jordan Reyes", badge: "4471", case: "26-004418", offence: "Theft of a bicycle", at_site: true } });
    const reader = "I would like to see the video of the reading room on Saturday afternoon.";
    const open = blank("req_2", { kind: "open-records", state: "clarify", text: reader, title: reader, channel: "e-mail", due: due(1), requester: { name: "A. Reader", contact: "reader@example.org" } });
    const late = blank("req_3", { kind: "open-records", state: "scoped", text: "All videos of November 2.", title: "All videos of November 2.", channel: "letter", due: due(-2, true), requester: { name: "", contact: "" } });
    b.requests.push(bike, open, late);
    for (const r of [bike, open]) hold(r);
    b.holds.push({ id: "hld_x", camera: { id: "cam_b", name: "Check-out desk" }, from: iso(start), to: iso(start + minute), reason: "Incident 112, broken window", placed_at: iso(start), by: "Maria Alvarez", review_at: iso(start - 60 * minute), verified_at: iso(start), objects: 12,
      lost: [{ camera: { id: "cam_b", name: "Check-out desk" }, from: iso(start - minute), to: iso(start), disposition: "dsp_1", cause: "disposed" }], lift: { by: { id: "stf_1", name: "Maria Alvarez" }, why: "The insurer has its copy." }, standing: true, version: 1 });
    say(bike, "The request was logged; it came in person.", "logged");
    say(bike, "Main entrance was put on hold from 1:30:00 PM to 2:32:00 PM.", "held");
  }

  function hold(r) {
    const list = r.asked.cameras.length > 0 ? r.asked.cameras : [undefined];
    const from = r.asked.from ? us(r.asked.from) - 30 * minute : start - 600 * minute;
    const to = r.asked.to ? us(r.asked.to) + 30 * minute : start + 60 * minute;
    for (const c of list) b.holds.push({ id: `hld_${b.holds.length + 1}`, request: r.id, number: r.number, camera: c && { id: c, name: camera(c).name }, from: iso(from), to: iso(to), reason: "Request " + r.number, placed_at: r.logged_at, review_at: iso(start + 90 * 24 * 60 * minute), verified_at: r.logged_at, objects: 37, lost: [], standing: true, version: 1 });
  }

  const steps = {
    received: ["prepare", "Set the camera and the times, and propose what is right", "a preparer"], scoped: ["prepare", "Look at the footage and propose what is right", "a preparer"], clarify: ["resume", "Waits for the requester\u2019s answer", "the requester"],
    misdirected: ["close", "Close it", "the library director"], proposed: ["decide", "Decide about what is proposed", "the library director"], decided: ["package", "The package is being made and checked", "the system"],
    available: ["hand-over", "Hand the package over", "a preparer"], delivered: ["receipt", "Take the signed receipt", "a preparer"], closed: ["none", "Nothing more to do: the request is closed", ""],
  };

  function shown(r) {
    const can = { prepare: "request.prepare", decide: "request.decide", close: "request.close", "hand-over": "package.hand-over", recall: "package.recall", lift: "hold.lift" };
    const called = r.kind !== "law-enforcement" || r.call_back?.reached;
    const [act, text, who] = !called && ["received", "scoped"].includes(r.state) ? ["call-back", "Call the officer back on a number of our own directory", "a preparer"] : steps[r.state];
        return { ...r, holds: b.holds.filter((h) => h.request === r.id), packages: r.packages.map((p) => build(r, p)), next: { act, text, who },
      can: Object.keys(can).filter((c) => !r.disposed && state.may.includes(can[c])), due: r.state === "closed" ? undefined : r.due };
  }

  /** A package comes nearer with every look. */
  function build(r, p) {
    if (p.state !== "building") return p;
    if (state.packageFails) { Object.assign(p, { state: "failed", why: "The store did not answer: the disk of the object store is full." }); return p; }
    p.done += 40e6;
    if (p.done < p.total) return p;
    Object.assign(p, { state: "ready", made_at: now(), verdict: "INTERNALLY CONSISTENT", verdict_text: "Nothing in the package was changed, and it comes from this library.", size: 92_400_000,
      digest: "3f2a91c04e7b", digest_groups: "3f2a 91c0 4e7b 22d8 0c11 9be4 5a6f 7d30 81c2 e4f9 60ab 12cd 9f3e 77a1 0b5c d426",
      findings: [{ weight: "note", text: "No footage from 2:01:00 PM to 2:01:40 PM: the camera sent nothing. The gap is stated, never closed." }],
      files: [["data/original/REQ-2026-0001-1_main-entrance.mp4", 61_000_000], ["data/viewing/REQ-2026-0001-1_main-entrance.mp4", 31_400_000], ["VERIFY.html", 9_400], ["certificate.pdf", 41_000], ["package.json", 12_000], ["custody.jsonl", 30_000], ["manifest-sha256.txt", 900]].map(([path, size]) => ({ path, size, sha256: "9f2c".repeat(16) })) });
    if (r.state === "decided") { r.state = "available"; say(r, `The package ${p.number} was made and checked.`, "packaged"); }
    return p;
  }

  function change(r, method, rest, body, url) {
    if (body.version !== undefined && body.version !== r.version) return bad(409, "Somebody else changed this request meanwhile. Look at it again.");
    const [what, id, deeper] = rest.split("/");
    const item = r.items.find((i) => i.id === id);
    if (what === "items" && method === "GET") return item ? { body: { ...item, inventory: { recorded: [[item.from_us, Math.min(item.to_us, start + minute)]], gaps: [{ start_us: start + minute, end_us: start + 100_000_000, cause: "camera-silent" }].filter((g) => g.start_us < item.to_us), disposed: [], restricted: [] },
      earlier: [{ number: "REQ-2026-0131", from_us: item.from_us, to_us: item.from_us + 10_000_000, outcome: "grant" }], possible: [{ outcome: "grant" }], preview: { original: [[item.from_us, item.to_us]], left_out: [], waits: false } } } : bad(404, "There is no such item.");
    if (deeper && deeper !== "withdraw") return bad(404, "There is no such thing.");
    const acts = {
      "": () => Object.assign(r, { officer: { ...r.officer, ...body.officer }, requester: { ...r.requester, ...body.requester }, asked: body.asked ?? r.asked, inspect: body.inspect ?? r.inspect, concerned: (body.concerned ?? []).map((c) => ({ id: c, name: c })) }) && say(r, "What is known of the request was corrected."),
      "call-back": () => { const a = b.agencies.find((x) => x.id === body.agency); r.call_back = { agency_id: a.id, agency: a.name, number: a.phone, reached: body.reached, spoke: body.spoke, by: ref(), at: now() }; say(r, `The officer was called back at ${a.phone} and ${body.reached ? "reached" : "not reached"}.`, "called back"); },
      notes: () => { r.notes.push({ by: ref(), at: now(), text: body.text }); say(r, "A note was added."); },
      clarify: () => { r.state = "clarify"; say(r, "The requester was asked what is meant."); },
      resume: () => { r.state = r.items.length > 0 ? "scoped" : "received"; say(r, "The requester answered."); },
      misdirect: () => { r.state = "misdirected"; say(r, "It belongs to another body."); },
      items: () => {
        if (body.to <= body.from) return bad(422, "The end of the span has to lie after its beginning.", { errors: [{ location: "body.to", message: "The end has to lie after the beginning." }] });
        const place = item?.place ?? r.items.length + 1;
        const made = { id: item?.id ?? `itm_${++b.n}`, place, number: `${r.number}/${place}`, camera: camera(body.camera), from: body.from, to: body.to, from_us: us(body.from), to_us: us(body.to), stage: "scoped" };
        r.items = item ? r.items.map((i) => (i === item ? made : i)) : [...r.items, made];
        r.state = "scoped";
        r.cameras = r.items.map((i) => ({ id: i.camera.id, name: i.camera.name }));
        say(r, `${made.number} is ${made.camera.name}.`);
      },
      propose: () => { for (const p of body.items) Object.assign(r.items.find((i) => i.id === p.item), { stage: "proposed", decision: undefined, proposal: { outcome: p.outcome, citation: p.citation ?? "", reason: p.reason ?? "", by: ref(), at: now() } }); r.state = "proposed"; say(r, "An outcome was proposed.", "proposed"); },
      decide: () => {
        if (!state.fresh) return bad(403, "You may not do this: sign in again to confirm that it is you.", { kind: "denied", confirm: true });
        for (const d of body.items) Object.assign(r.items.find((i) => i.id === d.item), { stage: "decided", decision: { outcome: d.outcome, citation: d.citation ?? "", reason: d.reason ?? "", by: ref(), at: now(), lapses_at: iso(start + 30 * 1440 * minute), lapsed: false } });
        r.state = "decided";
        if (r.items.some((i) => i.decision?.outcome === "grant")) { const p = { id: `pkg_${++b.n}`, number: `${r.number}-P${r.packages.length + 1}`, state: "building", begun_at: now(), done: 0, total: 92_400_000, size: 0, digest: "", digest_groups: "", items: r.items.map((i) => i.number), files: [], findings: [], version: 1 }; r.packages.push(p); b.packages[p.id] = { p, r }; }
        say(r, "It was decided.", "decided");
      },
      close: () => { r.state = "closed"; r.closing = body.closing ?? "denied"; r.why = body.why; say(r, "The request was closed.", "closed"); },
      reopen: () => { r.state = r.items.length > 0 ? "scoped" : "received"; r.closing = undefined; say(r, "It was opened again."); },
    };
    if (what === "items" && deeper === "withdraw") { item.stage = "ended"; say(r, "A span was taken out."); return { body: shown(r) }; }
    if (what === "attachments" && method === "POST") { const a = { id: `att_${++b.n}`, name: url.searchParams.get("name"), size: body.length ?? 1, sha256: "00", by: ref(), at: now() }; r.attachments.push(a); say(r, `The paper ${a.name} was added.`); return { status: 201, body: a }; }
    if (what === "story") return { body: { entries: b.story.filter((s) => s.request === r.id) } };
    if (what === "letters") return { raw: `${state.site ?? "Westbrook Public Library"}\n\nYour request ${r.number} reached us on Tuesday, November 3, 2026.\n\nWhat you ask for is kept from now on. We decide by Wednesday, November 18, 2026.\n`, headers: { "Content-Type": "text/plain; charset=utf-8" } };
    return acts[what]?.() ?? (acts[what] ? { body: shown(r) } : bad(404, "There is no such thing."));
  }

  function logged(body) {
    if (body.text.includes("too long ago")) return bad(422, "Footage so old cannot be asked for by a date in the future.", { errors: [{ location: "body.asked.from", message: "This lies in the future." }] });
    const r = blank(`req_${b.requests.length + 1}`, { ...body, title: body.text.slice(0, 80), received_at: body.received, logged_at: now(), requester: { name: "", contact: "", ...body.requester }, officer: { ...blank("x_0", {}).officer, ...body.officer },
      concerned: (body.concerned ?? []).map((id) => ({ id, name: id })), cameras: body.asked.cameras.map((c) => ({ id: c, name: camera(c).name })), logged_by: ref(), due: due(10) });
    b.requests.push(r);
    hold(r);
    say(r, "The request was logged.", "logged");
    return { status: 201, body: { id: r.id, number: r.number, pick_up: r.pick_up, acknowledgement: `Westbrook Public Library\n\nYour request is logged as ${r.number}.\n\nYou may ask how it stands with the code ${r.pick_up}.`, holds: b.holds.filter((h) => h.request === r.id), can_view: state.may.includes("request.view") } };
  }

  function ofPackage(method, id, rest, body) {
    const found = b.packages[id];
    if (!found) return bad(404, "There is no such package.");
    const { p, r } = found;
    if (method === "GET" && rest === "") return { body: build(r, p) };
    if (rest.startsWith("receipt")) return { raw: `Receipt for ${p.number}\n\nDigest ${p.digest_groups}\n\nSigned: ______________`, headers: { "Content-Type": "text/plain; charset=utf-8" } };
    if (method === "GET") return { raw: "bytes", headers: { "Content-Type": "application/octet-stream", "Content-Disposition": "attachment" } };
    if (rest === "retry") { state.packageFails = false; Object.assign(p, { state: "building", done: 0, why: undefined, begun_at: iso(Date.now() * 1000) }); return { status: 204 }; }
    if (rest === "cancel") { Object.assign(p, { state: "failed", why: "It was stopped by Sam Okafor." }); return { status: 204 }; }
    if (rest === "verify") return { body: { verdict: p.verdict, text: p.verdict_text, findings: [] } };
    if (rest === "recall") {
      if (!state.fresh) return bad(403, "You may not do this: sign in again to confirm that it is you.", { confirm: true });
      Object.assign(p, { state: "recalled", why: body.why });
      const holders = r.deliveries.filter((d) => d.package === p.id);
      holders.forEach((d) => (d.recalled_at = now()));
      return { body: { number: p.number, holders } };
    }
    if (r.kind === "open-records" && !body.recipient && body.pick_up !== r.pick_up) return bad(422, "pick-up code: this is not the code of this request", { errors: undefined });
    const d = { id: `dlv_${++b.n}`, package: p.id, package_number: p.number, digest: p.digest, way: body.way, recipient: body.recipient, agency: body.agency ?? "", badge: body.badge ?? "", by: ref(), at: now(), version: 1, ...(body.signed_by ? { signed_at: now(), signed_by: body.signed_by } : {}) };
    r.deliveries.push(d);
    r.state = body.signed_by ? "closed" : "delivered";
    if (body.signed_by) r.closing = "released";
    say(r, `${p.number} was handed over to ${d.recipient || "the holder of the pick-up code"}.`, "handed over");
    return { status: 201, body: d };
  }

  const zones = { "2026-11-01T01:30:00": ["2026-11-01T06:30:00.000000Z", "2026-11-01T07:30:00.000000Z"], "2026-11-01T01:45:00": ["2026-11-01T06:45:00.000000Z", "2026-11-01T07:45:00.000000Z"], "2026-03-08T02:30:00": [] };
  function local(at) {
    const all = zones[at] ?? [iso(us(at + "Z") + (at >= "2026-11-01T02" || at < "2026-03-08T03" ? 6 : 5) * 60 * minute)];
    const one = (t, i) => ({ at: t, at_us: us(t), label: `${all.length > 1 ? ["the first ", "the second "][i] : ""}${at.slice(11, 16)}, ${i === 0 && all.length > 1 ? "CDT (UTC-5)" : "CST (UTC-6)"}, which is ${t.slice(11, 19)} UTC` });
    return { local: at, instants: all.map(one), ...(all.length === 0 ? { nearest: { at: "2026-03-08T08:00:00.000000Z", at_us: us("2026-03-08T08:00:00Z"), label: "3:00:00 AM, CDT (UTC-5), which is 08:00:00 UTC" } } : {}) };
  }

  function ofHold(id, what, body) {
    const h = b.holds.find((x) => x.id === id);
    if (!h) return bad(404, "There is no such hold.");
    if (["lift", "confirm"].includes(what) && !state.fresh) return bad(403, "You may not do this: sign in again to confirm that it is you.", { confirm: true });
    if (what === "lift") h.lift = { by: ref(), why: body.why };
    if (what === "confirm") Object.assign(h, { standing: false, lifted_at: now() });
    if (what === "review") h.review_at = body.review_at;
    h.version++;
    return { body: h };
  }

  function answer(method, path, body, url) {
    const key = `${method} ${path}`;
    const [, area, id, rest = ""] = /^\/([a-z-]+)(?:\/([^/]+))?(?:\/(.*))?$/.exec(path) ?? [];
    const view = state.may.includes("request.view");
    if (key === "POST /requests") return logged(body);
    if (key === "GET /local-times") return { body: local(url.searchParams.get("at")) };
    if (key === "GET /citations") return { body: { citations: [{ code: "22.7(13)", text: "Library records that tie a person to materials" }, { code: "22.7(5)", text: "Peace officers\u2019 investigative reports" }, { code: "22.7(50)", text: "Security procedures" }] } };
    if (key === "GET /staff") return { body: { staff: [{ id: "stf_1", name: "Maria Alvarez", enabled: true }, { id: "stf_2", name: "Sam Okafor", enabled: true }, { id: "stf_3", name: "Lee Park", enabled: true }] } };
    if (["requests", "packages", "deliveries", "agencies", "holds"].includes(area) && !view) return bad(403, "Your role does not open requests.", { kind: "denied" });
    if (key === "GET /requests") return { body: { requests: b.requests.filter((r) => url.searchParams.get("open") !== "true" || r.state !== "closed").map((r) => ({ ...r, due: r.state === "closed" ? undefined : r.due })).reverse() } };
    if (area === "requests") {
      const file = method === "POST" && rest.startsWith("disposal") && b.files.find((x) => x.id === id);
      if (file) return ofFile(file, rest, body);
      const r = b.requests.find((x) => x.id === id);
      if (!r) return bad(404, "There is no such request.");
      return method === "GET" && rest === "" ? { body: shown(r) } : change(r, method, rest, body, url);
    }
    if (area === "packages") return ofPackage(method, id, rest, body);
    if (area === "deliveries" && rest.startsWith("recall-letter")) return { raw: "Please give it back.", headers: { "Content-Type": "text/plain; charset=utf-8" } };
    if (area === "deliveries") {
      const r = b.requests.find((x) => x.deliveries.some((d) => d.id === id));
      const d = r.deliveries.find((x) => x.id === id);
      Object.assign(d, { signed_at: now(), signed_by: body.signed_by, version: d.version + 1 });
      Object.assign(r, { state: "closed", closing: "released" });
      say(r, `The receipt was signed by ${body.signed_by}.`, "receipt");
      return { body: d };
    }
    if (area === "agencies") {
      if (method === "GET") return { body: { agencies: b.agencies } };
      if (method === "POST") b.agencies.push({ ...body, id: `agy_${++b.n}`, version: 1 });
      if (method === "PUT") Object.assign(b.agencies.find((a) => a.id === id), body, { version: body.version + 1 });
      if (method === "DELETE") b.agencies = b.agencies.filter((a) => a.id !== id);
      return { body: b.agencies.at(-1) ?? {} };
    }
    if (area === "holds") {
      if (method === "GET") return { body: { holds: b.holds.filter((h) => h.standing || url.searchParams.get("standing") !== "true") } };
      if (id) return ofHold(id, rest, body);
      const h = { id: `hld_${b.holds.length + 1}`, camera: body.camera && { id: body.camera, name: camera(body.camera).name }, from: body.from, to: body.to, reason: body.reason, placed_at: now(), by: ref().name, review_at: iso(start + 90 * 1440 * minute), objects: 0, lost: [], standing: true, version: 1 };
      b.holds.push(h);
      return { status: 201, body: h };
    }
    if (key === "GET /request-files") return { body: { files: b.files, years: 5, authority: "the schedule of request files: 5 years after closing" } };
    if (["retention", "dispositions"].includes(area) && !state.may.includes("retention.view")) return bad(403, "Your role does not open schedules.");
    if (key === "GET /retention") return { body: { schedules: b.schedules, cameras: [{ camera: { id: "cam_a", name: "Main entrance" }, at_least_days: 14, at_most_days: 30, version: 0 }], free_bytes: 612e9, total_bytes: 2e12 } };
    if (key === "PUT /retention") {
      if (!state.fresh) return bad(403, "You may not do this: sign in again to confirm that it is you.", { confirm: true });
      const s = b.schedules.find((x) => x.camera?.id === body.camera && x.class === body.class);
      const set = { ...body, camera: body.camera && { id: body.camera, name: camera(body.camera).name } };
      if (s) Object.assign(s, set, { version: s.version + 1 });
      else b.schedules.push({ ...set, version: 1 });
      return { body: s ?? b.schedules.at(-1) };
    }
    if (key === "GET /retention/dry-run") return { body: { cameras: [{ camera: { id: "cam_a", name: "Main entrance" }, segments: 41, bytes: 9.2e8, from: iso(start - 45 * 1440 * minute), to: iso(start - 31 * 1440 * minute), held_segments: 12, holds: ["hld_1"] }, { camera: { id: "cam_b", name: "Check-out desk" }, segments: 0, bytes: 0, held_segments: 0, holds: [] }] } };
    if (key === "GET /dispositions") return { body: { dispositions: [{ id: "dsp_1", camera: { id: "cam_b", name: "Check-out desk" }, from: iso(start - 60 * 1440 * minute), to: iso(start - 59 * 1440 * minute), segments: 240, bytes: 4.1e9, why: "schedule", at: iso(start - 29 * 1440 * minute), purged_at: iso(start - 29 * 1440 * minute), final_at: iso(start + 5 * 1440 * minute) }] } };
    if (path === "/dispositions/certificate") return { raw: "Certificate of disposal\n\nCheck-out desk, 240 recordings.", headers: { "Content-Type": "text/plain; charset=utf-8" } };
    return undefined;
  }

  const strokes = (id, from, to) => ({
    holds: b.holds.filter((h) => h.standing && (!h.camera || h.camera.id === id)).map((h) => [Math.max(us(h.from), from), Math.min(us(h.to), to)]).filter(([a, z]) => a < z),
    releases: b.requests.filter((r) => r.deliveries.length > 0).flatMap((r) => r.items).filter((i) => i.camera.id === id).map((i) => [Math.max(i.from_us, from), Math.min(i.to_us, to)]).filter(([a, z]) => a < z),
  });
  reset();
  return { answer, strokes, reset };
}
