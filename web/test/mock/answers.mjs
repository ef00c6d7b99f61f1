// The answers of the stand-in server.
import { records } from "./requests.mjs";

const second = 1_000_000;
const fps = 15;
/** Saturday, November 14 2026, 2:00 PM in Chicago. */
export const start = Date.UTC(2026, 10, 14, 20, 0, 0) * 1000;

const us = (s) => start + s * second;
const iso = (t) => new Date(t / 1000).toISOString().replace("Z", "000Z");

/** Which footage lies where: seconds after `start`. */
export const layout = {
  cam_a: [{ run: "a1", at: 0 }, { run: "a2", at: 100 }, { run: "a3", at: 140 }],
  cam_b: [{ run: "b1", at: 20 }],
  cam_h: [{ run: "h1", at: 0 }],
};

function index(footage, camera, from, to) {
  const out = { stream: "main", codec: camera === "cam_h" ? "hvc1.1.6.L93.90" : "avc1.64001e", playable: camera !== "cam_h", runs: [], parts: [], gaps: [], restricted: [] };
  const spans = [];
  for (const { run, at } of layout[camera] ?? []) {
    const { fragments } = footage[run];
    const zero = fragments[0].base + fragments[0].pts[0];
    const wall = (ticks) => us(at) + Math.floor(((ticks - zero) * second) / 90000);
    let any = false;
    fragments.forEach((f, i) => {
      const walls = f.pts.map((p) => wall(f.base + p));
      const end = i + 1 < fragments.length ? wall(fragments[i + 1].base + fragments[i + 1].pts[0]) : wall(f.base + f.pts.at(-1) + 90000 / fps);
      if (walls[0] >= to || end <= from) return;
      any = true;
      out.parts.push({ segment: "seg_" + run, first: i, last: i, run: "run_" + run, start_us: walls[0], end_us: end, media: `media/seg_${run}/${i}-${i}.m4s`, base_ticks: f.base, samples: { pts_ticks: f.pts, wall_us: walls }, growing: false });
    });
    const last = fragments.at(-1);
    spans.push([us(at), wall(last.base + last.pts.at(-1) + 90000 / fps)]);
    if (any) out.runs.push({ id: "run_" + run, init: `init/seg_${run}.mp4`, width: 640, height: 360, timescale: 90000 });
  }
  for (let i = 0; i + 1 < spans.length; i++) {
    if (spans[i + 1][0] - spans[i][1] > second / 2) out.gaps.push({ start_us: spans[i][1], end_us: spans[i + 1][0], cause: "camera-silent", detail: "no picture for 10 s" });
  }
  out.gaps = out.gaps.filter((g) => g.start_us < to && g.end_us > from);
  return out;
}

const cameras = [
  { id: "cam_a", name: "Main entrance", place: "Floor 1", class: "public-area", state: "recording", live: true, streams: [{ role: "main", codec: "avc1.64001e", width: 640, height: 360 }], may: ["footage.read", "footage.live", "footage.still"] },
  { id: "cam_b", name: "Check-out desk", place: "Floor 1", class: "public-area", state: "recording", clock_offset_us: 3_200_000, live: true, streams: [], may: ["footage.read", "footage.live"] },
  { id: "cam_h", name: "Reading room west", place: "Floor 2", class: "public-area", state: "recording", live: true, streams: [], may: ["footage.read"] },
  { id: "cam_s", name: "Staff hallway", place: "Floor 1", class: "staff-area", state: "gap", since: iso(us(-3600)), cause: "camera-unreachable", live: false, streams: [], may: ["footage.read"] },
  { id: "cam_r", name: "Children\u2019s area", place: "Floor 2", class: "library-record", state: "recording", live: true, streams: [], may: [] },
];

export function answers(footage) {
  const state = { signedIn: true, stage: "full", viewings: [], liveEnds: false, liveBreaks: false, failIndex: 0, revoked: false, may: ["footage.read", "footage.live", "audit.own", "footage.list"] };
  const books = records({ cameras, start, state });
  const session = () => ({
    id: "ses_1", stage: state.stage, csrf: "csrf", may: state.may, opened_at: iso(Date.now() * 1000), fresh_at: iso((state.fresh ? Date.now() : Date.now() - 3600e3) * 1000),
    expires_at: iso((Date.now() + 8 * 3600e3) * 1000), idle_at: iso((Date.now() + 1800e3) * 1000),
    staff: state.person ?? { id: "stf_1", login: "maria", name: "Maria Alvarez", roles: ["viewer", "custodian"], bundle: "Custodian" },
    second_factor: { totp: state.stage !== "enrol", passkeys: 1, codes: 8 },
    policy: { version: "2026-1", text: "Public records and confidentiality\n\nCameras protect people, the building and its contents. Only authorised staff may view recordings.\n\nEvery look is recorded with its reason.", acknowledged_at: state.stage === "full" ? iso(Date.now() * 1000) : undefined },
  });
  const send = (res, status, body, headers = {}) => res.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", ...headers }).end(body === undefined ? "" : JSON.stringify(body));
  const refuse = (res, status, title, detail, kind, { errors, confirm } = {}) => send(res, status, { type: "about:blank", title, status, detail, kind, errors, confirm, request_id: "req-7F3K" });

  async function answer(req, res, url) {
    const path = url.pathname.slice(4);
    const body = await read(req);
    const key = req.method + " " + path;
    if (path === "/mock") return body.reset && books.reset(), Object.assign(state, body), send(res, 200, state);
    if (path === "/site") return send(res, 200, { name: "Westbrook Public Library", zone: "America/Chicago", demo: true, second_factor: "optional", passkeys: true, policy_version: "2026-1" });
    if (key === "POST /sign-in") {
      if (body.password !== "correct horse") return refuse(res, 401, "Sign in", "The name, the password or the code is wrong.", "denied");
      state.signedIn = true;
      return send(res, 200, { session: session() });
    }
    if (key === "POST /invitation") return (state.signedIn = true), send(res, 200, { session: session() });
    if (!state.signedIn) return refuse(res, 401, "Sign in", "Sign in to go on.", "denied");
    if (req.method !== "GET" && req.headers["x-csrf"] !== "csrf") return refuse(res, 403, "Refused", "The request did not come from this application.", "denied");
    const told = books.answer(req.method, path, body, url);
    if (told) return told.raw !== undefined ? void res.writeHead(200, told.headers).end(told.raw) : told.problem ? refuse(res, told.status, told.title, told.problem, told.kind, told) : send(res, told.status ?? 200, told.body);
    return own(key, body, res) ?? footageOf(key, path, body, url, res) ?? refuse(res, 404, "Not found", "There is no such thing.", "not-found");
  }

  function own(key, body, res) {
    const done = (status, b) => (send(res, status, b), true);
    switch (key) {
      case "GET /session": return done(200, session());
      case "DELETE /session": case "DELETE /sessions": state.signedIn = false; return done(204);
      case "POST /session/confirm": if (body.password !== "correct horse") return refuse(res, 401, "Sign in", "The password or the code is wrong.", "denied"), true;
        state.fresh = true; return done(200, session());
      case "POST /session/refresh": return done(200, session());
      case "GET /sessions": return done(200, { sessions: [{ id: "ses_1", opened_at: iso(Date.now() * 1000 - 6e8), seen_at: iso(Date.now() * 1000), address: "10.0.4.17", method: "password+totp", current: true }, { id: "ses_2", opened_at: iso(Date.now() * 1000 - 9e9), seen_at: iso(Date.now() * 1000 - 5e9), address: "10.0.4.22", method: "passkey", current: false }] });
      case "POST /me/totp": return done(200, { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path fill="#fff" d="M0 0h21v21H0z"/><path d="M1 1h7v7H1zM13 1h7v7h-7zM1 13h7v7H1zM11 11h3v3h-3z"/></svg>' });
      case "PUT /me/totp": if (body.code !== "123456") return refuse(res, 422, "Wrong code", "The code does not fit. Wait for the next one and type it.", "invalid"), true;
        state.stage = "acknowledge"; return done(200, { recovery_codes: ["7KQ2-M9XD", "P4TR-8WZN", "3HJB-VC6Y", "QX9F-2LMD"] });
      case "POST /me/acknowledgement": state.stage = "full"; return done(200, session());
      case "PUT /me/password": return body.old === "correct horse" ? done(204) : (refuse(res, 401, "Sign in", "The present password is wrong.", "denied"), true);
      case "POST /me/recovery-codes": return done(200, { recovery_codes: ["AAAA-BBBB", "CCCC-DDDD"] });
      case "GET /me/passkeys": return done(200, { passkeys: [{ id: "pk1", label: "Desk key", added_at: iso(Date.now() * 1000 - 9e12) }] });
      case "GET /me/viewings": return done(200, { viewings: [...state.viewings].reverse() });
    }
    return undefined;
  }

  function footageOf(key, path, body, url, res) {
    const done = (status, b) => (send(res, status, b), true);
    if (key === "GET /cameras") return done(200, { cameras });
    if (key === "GET /timeline") return done(200, timeline(url));
    if (key === "POST /viewings") return done(201, open(body));
    const [, viewing, rest] = /^\/viewings\/(\w+)\/?(.*)$/.exec(path) ?? [];
    const found = state.viewings.find((v) => v.id === viewing);
    if (!found) return undefined;
    if (key.startsWith("DELETE")) { found.closed_at = iso(Date.now() * 1000); found.why = "stopped"; return done(204); }
    if (rest === "") return done(200, found);
    if (found.closed_at || state.revoked) return refuse(res, 403, "Your access has ended", "Your role no longer includes this camera. The Library Director can grant it.", "denied"), true;
    const [, camera, what] = /^cameras\/(\w+)\/(.*)$/.exec(rest) ?? [];
    if (what === "index") {
      if (state.failIndex > 0) { state.failIndex--; return refuse(res, 503, "The diary cannot be written", "Footage stays closed until it can be.", "unavailable"), true; }
      return done(200, index(footage, camera, Number(url.searchParams.get("from_us")), Number(url.searchParams.get("to_us"))));
    }
    return media(camera, what, url, res);
  }

  function media(camera, what, url, res) {
    const [, run, range] = /^(?:init|media)\/seg_(\w+?)(?:\.mp4|\/(\d+)-\d+\.m4s)$/.exec(what) ?? [];
    if (!run) return undefined;
    let bytes = range === undefined ? footage[run].init : footage[run].fragments[Number(range)].bytes;
    if (url.searchParams.get("as") === "h264") bytes = Buffer.concat([footage.a3.init, footage.a3.fragments[0].bytes]);
    setTimeout(() => res.writeHead(200, { "Content-Type": "video/mp4", "Cache-Control": "no-store" }).end(bytes), 30);
    return true;
  }

  function open(body) {
    const now = Date.now() * 1000;
    const viewing = {
      id: "vie" + (state.viewings.length + 1), basis: body.basis, reference: body.reference, text: body.text, live: !!body.live, from: body.from ?? iso(now), to: body.to ?? iso(now + 36e8),
      opened_at: iso(now), expires_at: iso(now + (body.minutes ?? 60) * 60 * second), staff: { id: "stf_1", name: "Maria Alvarez" },
      cameras: body.cameras.map((id) => {
        const c = cameras.find((x) => x.id === id);
        return c.may.length > 0 ? { id, name: c.name, granted: { from: body.from ?? iso(now), to: body.to ?? iso(now + 36e8) } }
          : { id, name: c.name, granted: null, refused: { status: 403, detail: "This camera shows library records.", who_can_grant: "The Library Director" } };
      }),
    };
    state.viewings.push(viewing);
    state.revoked = false;
    return viewing;
  }

  function timeline(url) {
    const from = Date.parse(url.searchParams.get("from")) * 1000;
    const to = Date.parse(url.searchParams.get("to")) * 1000;
    const step = Number(url.searchParams.get("step_ms"));
    const n = Math.ceil((to - from) / 1000 / step);
    const clip = ([a, b]) => [Math.max(a, from), Math.min(b, to)];
    return { from_us: from, to_us: to, step_ms: step, cameras: url.searchParams.getAll("camera").map((id) => {
      const whole = index(footage, id, 0, Infinity);
      const recorded = [];
      for (const p of whole.parts) if (recorded.length > 0 && p.start_us - recorded.at(-1)[1] < second / 2) recorded.at(-1)[1] = p.end_us; else recorded.push([p.start_us, p.end_us]);
      const inside = recorded.map(clip).filter(([a, b]) => a < b);
      const activity = Array.from({ length: n }, (_, i) => { const t = from + i * step * 1000; return inside.some(([a, b]) => a <= t + step * 1000 && t < b) ? Math.round(90 + 80 * Math.sin(i / 3) ** 2 + 40 * Math.sin(i / 11)) : 0; });
      return { id, recorded: inside, gaps: whole.gaps, restrictions: [], ...books.strokes(id, from, to), activity };
    }) };
  }

  return { state, answer };
}

function read(req) {
  return new Promise((resolve) => {
    let text = "";
    req.on("data", (d) => (text += d));
    req.on("end", () => resolve(text === "" ? {} : req.headers["content-type"] === "application/octet-stream" ? text : JSON.parse(text)));
  });
}
