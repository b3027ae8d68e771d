// Takes pictures of the demo page. pictures.sh starts the demos that it needs.
//
//   DEMO_URL=http://127.0.0.1:4000 node screenshot.mjs english FOLDER     quiet, command, digest, home
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

/** Opens the page without the story and the controls. */
async function openFolded(browser, options) {
  const { page } = await open(browser, options);
  await page.getByTestId("message").first().waitFor();
  await page.getByLabel(/^(End the story|ストーリーを終了)$/).click();
  return page;
}

/** The digest of the next morning. */
async function nextDigest(page) {
  const messages = page.getByTestId("message");
  const before = await messages.count();
  await page.getByTestId("next-digest").click();
  const digest = messages.nth(before);
  await digest.getByTestId("replies").waitFor();
  return digest;
}

/** A morning after a bad day: two production accounts left, one was removed, one suspended. */
async function badDigest(page) {
  for (const [verb, account] of [["leave", "payments-prod"], ["leave", "ledger-prod"], ["remove", "identity-prod"], ["suspend", "data-lake-prod"]]) {
    await page.getByTestId("story-verb").selectOption(verb);
    await page.getByTestId("story-account").fill(account);
    await page.getByTestId("story-go").click();
    await page.getByTestId("story-said").filter({ hasText: account }).waitFor();
  }
  return nextDigest(page);
}

/** A picture of a message alone. */
async function messageAlone(page, message, name) {
  await page.mouse.move(2, 2);
  await message.screenshot({ path: path(name) });
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
    const page = await openFolded(browser, LARGE);
    const quiet = await nextDigest(page);
    await page.setViewportSize({ width: 940, height: 900 });
    await messageAlone(page, quiet, "quiet");
    await page.setViewportSize(LARGE.viewport);
    await page.getByTestId("advance-hour").click();
    const bad = await badDigest(page);
    await page.locator("#fold").click();
    await picture(page, bad, "digest");
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
    const page = await openFolded(browser, { ...LARGE, timezoneId: "Asia/Tokyo", locale: "ja-JP" });
    const bad = await badDigest(page);
    await page.locator("#fold").click();
    await picture(page, bad, "japanese");
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
