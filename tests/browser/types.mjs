// Checks the blocks and views that the bot has sent against Slack's published types.
//
// BLOCKS_JSON names a file with an array of {"blocks": […]} and {"view": {…}}: the page
// serves it at /page/sent, and `MockSlack::sent` returns it to a Rust test.
// It covers names, nesting and types. The mock checks the limits.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const file = process.env.BLOCKS_JSON;
if (!file) throw new Error("BLOCKS_JSON names no file");
const sent = JSON.parse(readFileSync(file, "utf8"));
if (sent.length === 0) throw new Error(`${file} holds nothing that was sent`);

// Duplicates are checked once.
const different = [...new Set(sent.map((item) => JSON.stringify(item)))].map((text) => JSON.parse(text));
const lines = [`import type { HomeView, KnownBlock, ModalView } from "@slack/types";`];
different.forEach((item, index) => {
  const [type, value] = item.view ? [item.view.type === "modal" ? "ModalView" : "HomeView", item.view] : ["KnownBlock[]", item.blocks];
  lines.push(`export const sent${index}: ${type} = ${JSON.stringify(value, null, 1)};`);
});

// In this folder, so that the compiler finds node_modules.
const folder = mkdtempSync(join(here, "node_modules", ".sent-"));
try {
  writeFileSync(join(folder, "sent.ts"), lines.join("\n"));
  const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", ""];
  execFileSync(process.execPath, [tsc, ...options, join(folder, "sent.ts")], { stdio: "inherit", cwd: folder });
  console.log(`${different.length} block lists and views are of Slack's types`);
} catch (error) {
  // The compiler has printed the errors.
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
