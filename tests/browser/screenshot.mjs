// Takes pictures of the demo page. pictures.sh starts the demos that it needs.
//
//   DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs english FOLDER     digest, command, home
//   DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs japanese FOLDER    the digest of a demo in Japanese
//   DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs look FOLDER        everything, light and dark, to look at

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { launch, open } from "./chromium.mjs";

const [, , what, folder] = process.argv;
const LARGE = { deviceScaleFactor: 2, viewport: { width: 1060, height: 900 } };
const path = (name) => join(folder, `${name}.png`);

/** Types into the message box, and waits for the answer that contains `expected`. */
async function ask(page, text, expected) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  const answer = page.getByTestId("ephemeral").filter({ hasText: expected }).last();
  await answer.waitFor();
  return answer;
}

/** A picture of the window, tall enough for `shown` and no taller, with it at the bottom. */
async function picture(page, shown, name, { around = 210, most = 1_600 } = {}) {
  const { height } = await shown.boundingBox();
  await page.setViewportSize({ width: LARGE.viewport.width, height: Math.round(Math.min(most, Math.max(560, height + around))) });
  await shown.evaluate((element) => element.scrollIntoView({ block: "end" }));
  await page.mouse.move(2, 2);
  await page.screenshot({ path: path(name) });
}

/** The digest of the next morning, which covers the last day of the history, with the most changes. */
async function nextDigest(page) {
  const messages = page.getByTestId("message");
  await messages.first().waitFor();
  const before = await messages.count();
  await page.getByTestId("next-digest").click();
  const digest = messages.nth(before);
  await digest.getByTestId("replies").waitFor();
  await page.locator("#fold").click();
  return digest;
}

/** The newest digest: the last message of the app that has a thread, else its last. */
async function newestDigest(page) {
  const ofApp = page.getByTestId("message").filter({ has: page.locator(".app") });
  await ofApp.first().waitFor();
  const threaded = ofApp.filter({ has: page.getByTestId("replies") });
  return (await threaded.count()) ? threaded.last() : ofApp.last();
}

const takes = {
  async english(browser) {
    const { page } = await open(browser, LARGE);
    await picture(page, await nextDigest(page), "digest");
    const answer = await ask(page, "/securityhub-members yesterday", "Share to channel");
    await picture(page, answer, "command", { around: 170, most: 1_300 });
    await page.getByTestId("app-home").click();
    const home = page.getByTestId("home");
    await home.waitFor();
    await page.setViewportSize({ width: LARGE.viewport.width, height: 1_150 });
    await home.evaluate((element) => element.scrollIntoView({ block: "start" }));
    await page.mouse.move(2, 2);
    await page.screenshot({ path: path("home") });
    await page.context().close();
  },

  async japanese(browser) {
    const { page } = await open(browser, { ...LARGE, timezoneId: "Asia/Tokyo", locale: "ja-JP" });
    await picture(page, await nextDigest(page), "japanese");
    await page.context().close();
  },

  async look(browser) {
    for (const theme of ["light", "dark"]) {
      const { page } = await open(browser, { theme });
      const shot = (name) => page.screenshot({ path: path(`${name}-${theme}`) });
      const digest = await newestDigest(page);
      if (await digest.getByTestId("replies").count()) await digest.getByTestId("replies").click();
      await shot("thread");
      await page.keyboard.press("Escape");
      await ask(page, "/securityhub-members 昨日", "共有");
      await shot("command");
      await page.getByTestId("app-home").click();
      await page.getByTestId("home").waitFor();
      await shot("home");
      await page.setViewportSize({ width: 420, height: 800 });
      await shot("narrow");
      await page.context().close();
    }
  },
};

if (!takes[what] || !folder) {
  console.error("usage: DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs english|japanese|look FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const browser = await launch(chromium);
try {
  await takes[what](browser);
} finally {
  await browser.close();
}
