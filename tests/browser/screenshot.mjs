// Takes the README's picture, and with a folder as argument others to look at:
//
//   DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs [FOLDER]

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { launch, open } from "./chromium.mjs";

const README_PICTURE = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "docs", "digest.png");
const folder = process.argv[2];
mkdirSync(dirname(README_PICTURE), { recursive: true });
if (folder) mkdirSync(folder, { recursive: true });

/** The newest digest: the last message of the app that has a thread, else its last. */
async function newestDigest(page) {
  const ofApp = page.getByTestId("message").filter({ hasText: "APP" });
  await ofApp.first().waitFor();
  const threaded = ofApp.filter({ has: page.getByTestId("replies") });
  return (await threaded.count()) ? threaded.last() : ofApp.last();
}

const browser = await launch(chromium);
try {
  const large = { deviceScaleFactor: 2, viewport: { width: 1060, height: 900 } };
  {
    const { page } = await open(browser, large);
    // The digest of the coming morning tells of the story's last and liveliest day.
    const messages = page.getByTestId("message");
    await messages.first().waitFor();
    const before = await messages.count();
    await page.getByRole("button", { name: "Next morning" }).click();
    const digest = messages.nth(before);
    await digest.getByTestId("replies").waitFor();
    await page.getByLabel("Fold the demo controls").click();
    // Tall enough for the whole digest, and no taller.
    const { height } = await digest.boundingBox();
    await page.setViewportSize({ width: 1060, height: Math.round(Math.min(1_600, Math.max(560, height + 210))) });
    await digest.evaluate((message) => message.scrollIntoView({ block: "end" }));
    await page.mouse.move(2, 2);
    await page.screenshot({ path: README_PICTURE });
    await page.context().close();
  }
  for (const theme of folder ? ["light", "dark"] : []) {
    const { page } = await open(browser, { theme });
    const shot = (name) => page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
    const digest = await newestDigest(page);
    if (await digest.getByTestId("replies").count()) await digest.getByTestId("replies").click();
    await shot("thread");
    await page.keyboard.press("Escape");
    await page.getByTestId("composer").fill("/securityhub-members 昨日");
    await page.getByTestId("composer").press("Enter");
    await page.getByTestId("ephemeral").filter({ hasText: "共有" }).last().waitFor();
    await shot("command");
    await page.getByTestId("app-home").click();
    await page.getByTestId("home").waitFor();
    await shot("home");
    await page.setViewportSize({ width: 420, height: 800 });
    await shot("narrow");
    await page.context().close();
  }
} finally {
  await browser.close();
}
