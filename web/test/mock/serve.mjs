// A stand-in for the server, for the tests of the application alone: the HTTP API's answers over real footage, one member
// of staff, and switches that tests press under /api/mock. Real only where the player must be: media, index and live.
import { readFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { WebSocketServer } from "ws";
import { make } from "./footage.mjs";
import { answers } from "./answers.mjs";

const port = Number(process.env.PORT ?? 8100);
const scratch = process.env.SCRATCH ?? "/tmp/custody-web";
const dist = new URL("../../dist/", import.meta.url).pathname;
const policy = /Policy = ([^]*?)\n\n/.exec(readFileSync(new URL("../../embed.go", import.meta.url), "utf8"))[1].match(/"([^"]*)"/g).map((s) => s.slice(1, -1)).join("");

const footage = {
  a1: make(scratch, "a1", { seconds: 60, size: "640x360", first: 0, bframes: 2 }),
  a2: make(scratch, "a2", { seconds: 40, size: "960x540", first: 2000 }),
  a3: make(scratch, "a3", { seconds: 20, size: "640x360", first: 3000, hue: 60 }),
  b1: make(scratch, "b1", { seconds: 120, size: "640x360", first: 5000, hue: 120, bframes: 2 }),
  h1: make(scratch, "h1", { seconds: 20, size: "640x360", first: 7000, codec: "libx265" }),
  live: make(scratch, "live", { seconds: 120, size: "640x360", first: 9000, hue: 200, everyFrame: true }),
};
const api = answers(footage);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const routes = /^\/($|sign-in|join|watch|live|history|account|setup|requests|holds|dispositions)/;

const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://localhost");
  res.setHeader("Content-Security-Policy", policy);
  if (url.pathname.startsWith("/api/")) return api.answer(req, res, url);
  const name = routes.test(url.pathname) ? "index.html" : url.pathname.slice(1);
  const file = join(dist, name);
  if (!file.startsWith(dist) || !existsSync(file)) return void res.writeHead(404).end("not found");
  res.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
});

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (req, socket, head) => sockets.handleUpgrade(req, socket, head, (ws) => live(ws)));

/** Sends pictures at their pace, from the random access point before now. */
function live(ws) {
  const { init, fragments } = footage.live;
  if (api.state.liveEnds) {
    ws.send(JSON.stringify({ type: "end", status: 403, detail: "Your role no longer includes live pictures of this camera." }));
    return ws.close(4403);
  }
  ws.send(JSON.stringify({ type: "init", codec: "avc1.64001e", run: "run_l", width: 640, height: 360, timescale: 90000, wall_us: Date.now() * 1000 }));
  ws.send(init);
  let i = 30 * Math.floor(Math.random() * 20);
  const began = Date.now();
  const from = i;
  const timer = setInterval(() => {
    if (api.state.liveBreaks) { api.state.liveBreaks = false; ws.terminate(); return; }
    if (api.state.liveEnds) { ws.send(JSON.stringify({ type: "end", status: 403, detail: "Your role no longer includes live pictures of this camera." })); ws.close(4403); clearInterval(timer); return; }
    while (i < from + 20 + ((Date.now() - began) * 15) / 1000 && i < fragments.length) {
      const head = Buffer.alloc(12);
      head.writeBigInt64BE(BigInt(began * 1000 + Math.floor(((i - from - 20) * 1e6) / 15)));
      head[8] = i % 30 === 0 ? 1 : 0;
      ws.send(Buffer.concat([head, fragments[i].bytes]));
      i++;
    }
  }, 20);
  ws.on("close", () => clearInterval(timer));
}

server.listen(port, "127.0.0.1", () => console.log(`http://localhost:${port}`));
