// One peer of wasm_peers.py in a process of its own: JSON in on stdin, its figures out on stdout.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const { directory, name, text, small, programs, rounds } = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${directory}/`);
const median = (found) => found.sort((a, b) => a - b)[Math.floor(found.length / 2)];

/** The way to run a filter on a text, as each package wants it. */
async function runner() {
  if (name === "jq-web") {
    const { raw } = await require(name);
    return (program, input) => raw(input, program, ["-c"]);
  }
  const { raw } = require(name);
  return (program, input) => raw(input, program, ["-c"]);
}

async function timed(run, program, input) {
  const began = performance.now();
  await run(program, input);
  return (performance.now() - began) / 1000;
}

async function works(run, program) {
  try {
    await run(program, "null");
    return true;
  } catch {
    return false;
  }
}

const began = performance.now();
const run = await runner();
await run(...small);
const found = { start_s: (performance.now() - began) / 1000, tasks: {} };
found.has = { pick: await works(run, "pick(.a)"), trimstr: await works(run, '"a" | trimstr("a")') };
found.environment = String(await run("env | length", "null")).trim() !== "0";
const times = [];
for (let round = 0; round < 50; round++) times.push(await timed(run, ...small));
found.tasks["small filter"] = median(times);
const document = readFileSync(text, "utf8");
for (const program of programs) {
  const walls = [];
  for (let round = 0; round < rounds; round++) walls.push(await timed(run, program, document));
  found.tasks[program] = Math.min(...walls);
}
console.log(JSON.stringify(found));
