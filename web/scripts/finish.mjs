// After the build: refuse a bundle above its budget, then lay compressed twins beside the files.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const firstRoute = 200_000; // bytes of compressed script
const viewer = 160_000; // what a viewer may add
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));

function scripts(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(key)) return seen;
  seen.add(key);
  for (const next of chunk.imports ?? []) scripts(next, seen);
  return seen;
}

const weigh = (keys) =>
  [...keys].reduce((sum, key) => sum + gzipSync(readFileSync(join(dist, manifest[key].file)), { level: 9 }).length, 0);

const entry = scripts("index.html");
let failed = report("first route", weigh(entry), firstRoute);
for (const key of Object.keys(manifest).filter((k) => manifest[k].isDynamicEntry)) {
  const more = new Set([...scripts(key)].filter((k) => !entry.has(k)));
  failed = report(`+ ${key}`, weigh(more), viewer) || failed;
}
if (failed) process.exit(1);

function report(name, bytes, budget) {
  const over = bytes > budget;
  console.log(`${over ? "OVER BUDGET" : "budget"}: ${name}: ${(bytes / 1000).toFixed(1)} kB of ${budget / 1000} kB compressed script`);
  return over;
}

rmSync(join(dist, "manifest.json"));
for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name);
  if (!/\.(js|css|html|svg)$/.test(name) || statSync(file).size < 1024) continue;
  const bytes = readFileSync(file);
  writeFileSync(file + ".gz", gzipSync(bytes, { level: 9 }));
  writeFileSync(file + ".br", brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}
writeFileSync(join(dist, ".keep"), ""); // the build empties dist; go:embed needs a file there before the first build
