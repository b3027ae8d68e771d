// The module is as `terraform fmt` would have it. Both packages are HashiCorp's Go code as
// WebAssembly; jsonfile and fs-extra are what they need and do not name.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { format } from "@cdktf/hcl-tools";
import { parse } from "@cdktf/hcl2json";

const folder = new URL("../../deploy/terraform/", import.meta.url);
const write = process.argv.includes("--write");
const wrong = [];
for (const name of readdirSync(folder).filter((name) => name.endsWith(".tf"))) {
  const file = new URL(name, folder);
  const text = readFileSync(file, "utf8");
  await parse(name, text);
  const formatted = await format(text);
  if (formatted !== text) {
    wrong.push(name);
    if (write) writeFileSync(file, formatted);
  }
}
if (wrong.length > 0) console.error(`${write ? "formatted" : "not formatted (node format.mjs --write)"}: ${wrong.join(", ")}`);
// The WebAssembly modules keep running.
process.exit(wrong.length > 0 && !write ? 1 : 0);
