// The demo in a real browser: what a person types, clicks and sees.
//
// Needs `securityhub-members demo` (in English) at DEMO_URL. With SENT_JSON set, writes there
// what the bot has sent, for types.mjs.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { launch, open, url } from "./chromium.mjs";

let browser, page, problems;

before(async () => {
  browser = await launch(chromium);
  ({ page, problems } = await open(browser));
  page.setDefaultTimeout(20_000);
});
after(() => browser?.close());

const view = () => page.getByTestId("view");
const home = () => page.getByTestId("home");
const type = async (text) => {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
};
/** Types a command, and returns the ephemeral answer that contains `expected`. */
const ask = async (text, expected) => {
  await type(`/securityhub-members ${text}`);
  const answer = page.getByTestId("ephemeral").filter({ hasText: expected }).last();
  await answer.waitFor();
  return answer;
};
/** Does something in the Home tab, and waits until the bot has published it again. */
const changing = async (act) => {
  const before = await home().getAttribute("data-hash");
  await act();
  await page.waitForFunction((hash) => document.querySelector("[data-testid=home]").dataset.hash !== hash, before);
};

test("the channel shows a digest, and its thread opens beside it", async () => {
  await page.getByTestId("message").first().waitFor();
  const digest = page.getByTestId("message").filter({ has: page.getByTestId("replies") }).last();
  await digest.getByTestId("replies").click();
  const thread = page.getByTestId("thread");
  await thread.getByTestId("reply").nth(1).waitFor();
  assert.match(await thread.innerText(), /\b\d{12}\b/);
  await thread.getByLabel("Close thread").click();
  await thread.waitFor({ state: "hidden" });
});

test("the message box suggests the command", async () => {
  await page.getByTestId("composer").fill("/sec");
  await page.getByRole("button", { name: "/securityhub-members 昨日" }).click();
  assert.equal(await page.getByTestId("composer").inputValue(), "/securityhub-members 昨日");
});

test("昨日 is answered in Japanese, for one person, and can be shared with all", async () => {
  const messages = await page.getByTestId("message").count();
  const answer = await ask("昨日", "Security Hub メンバー ·");
  assert.match(await answer.innerText(), /Only visible to you/);
  await answer.getByRole("button", { name: "チャンネルに共有" }).click();
  await page.getByTestId("message").nth(messages).waitFor();
});

test("what cannot be understood is answered with buttons that answer in place", async () => {
  const refusal = await ask("2026-02-30", "No such date: 2026-02-30");
  const answers = await page.getByTestId("ephemeral").count();
  await refusal.getByRole("button", { name: "Sat 28 Feb 2026" }).click();
  await page.getByTestId("ephemeral").filter({ hasText: "No data for Sat 28 Feb 2026" }).last().waitFor();
  assert.equal(await page.getByTestId("ephemeral").count(), answers);
});

test("a plain text is posted by the person, and its markup stays text", async () => {
  await type("<b>hello</b> *all*");
  const message = page.getByTestId("message").filter({ hasText: "hello" }).last();
  await message.waitFor();
  assert.equal(await message.locator(".block b").count(), 1);
});

test("Home opens, is filtered by Region and by status, and checks now", async () => {
  await page.getByTestId("app-home").click();
  await home().waitFor();
  const modal = page.getByTestId("modal");
  for (const all of ["All Regions", "All statuses"]) {
    await home().getByRole("button", { name: "Filter…" }).click();
    const field = modal.locator("select").filter({ hasText: all });
    const chosen = await field.locator("option").nth(1).getAttribute("value");
    await field.selectOption(chosen);
    await changing(() => modal.getByRole("button", { name: "Show" }).click());
    await modal.waitFor({ state: "hidden" });
    await home().getByText("Filter: ").waitFor();
    await changing(() => home().getByRole("button", { name: "Clear filter" }).click());
  }
  // A live check publishes twice: when it begins, and when it ends.
  await changing(() => home().getByRole("button", { name: "Check now" }).click());
  await page.waitForFunction(() => !document.querySelector("[data-testid=home]").innerText.includes("Checking"));
});

test("Home shows the changes of a chosen date, and comes back", async () => {
  const now = await page.evaluate(() => fetch("/page/state").then((answer) => answer.json()).then((state) => state.now));
  const date = new Date(Date.parse(now) - 3 * 86_400_000).toISOString().slice(0, 10);
  await changing(() => home().locator("input[type=date]").fill(date));
  assert.equal(await home().locator("input[type=date]").inputValue(), date);
  const back = home().getByRole("button", { name: "Back to now" });
  await back.waitFor();
  await back.click();
  await back.waitFor({ state: "hidden" });
});

test("a list opens in a modal, its menus work, and what they open is on top of it", async () => {
  const modal = page.getByTestId("modal");
  await home().getByText("Expected: ").locator("xpath=ancestor::*[contains(@class, 'block')]").getByRole("button", { name: /^Show all/ }).click();
  const first = modal.getByRole("button", { name: "More" }).first();
  await first.waitFor();
  await first.click();
  await page.getByTestId("menu").getByRole("menuitem", { name: "History" }).click();
  await modal.getByRole("heading", { name: "History", exact: true }).waitFor();
  await modal.getByTestId("modal-close").click();
  await modal.getByRole("heading", { name: "Expected" }).waitFor();
  await modal.getByTestId("modal-close").click();
  await modal.waitFor({ state: "hidden" });
});

test("an account is found by its name", async () => {
  const modal = page.getByTestId("modal");
  await home().getByRole("button", { name: "Find an account…" }).click();
  await modal.locator("input").fill("payments-prod");
  await modal.getByRole("button", { name: "Find", exact: true }).click();
  await modal.getByText("payments-prod").first().waitFor();
  await modal.getByTestId("modal-close").click();
  await modal.waitFor({ state: "hidden" });
});

test("a story: invite, accept, leave, and the next digest tells it", async () => {
  await page.getByTestId("channel-security").click();
  const said = page.getByTestId("story-said");
  const make = async (verb, expected) => {
    await page.getByTestId("story-verb").selectOption(verb);
    await page.getByTestId("story-account").fill("zebra-prod");
    await page.getByTestId("story-go").click();
    await said.filter({ hasText: expected }).waitFor();
  };
  await make("invite", "was invited");
  await make("accept", "accepted");
  const clock = () => page.evaluate(() => fetch("/page/state").then((answer) => answer.json()).then((state) => Date.parse(state.now)));
  const start = await clock();
  await page.getByTestId("advance-hour").click();
  await page.waitForFunction((start) => fetch("/page/state").then((a) => a.json()).then((s) => Date.parse(s.now) - start >= 3_600_000), start);
  await make("leave", "left");
  const account = /\d{12}/.exec(await said.innerText())[0];
  const posted = () => page.evaluate(async (account) => {
    const state = await (await fetch("/page/state")).json();
    return state.channels.flatMap((channel) => channel.messages).filter((message) => message.bot_id && JSON.stringify(message).includes(account)).length;
  }, account);
  const before = await posted();
  await page.getByTestId("next-digest").click();
  for (const end = Date.now() + 20_000; (await posted()) === before; ) {
    assert.ok(Date.now() < end, `no digest tells of ${account}`);
    await page.waitForTimeout(100);
  }
  assert.ok((await clock()) > start + 3_600_000);
});

test("light and dark, and nothing wider than the window", async () => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel("Light or dark").click();
  assert.notEqual(await background(), light);
  const wider = await view().evaluate((box) => box.scrollWidth > box.clientWidth);
  assert.equal(wider, false);
});

test("no script failed, and nothing was asked of another server", async () => {
  assert.deepEqual(problems, []);
  const sent = await page.evaluate(() => fetch("/page/sent").then((answer) => answer.json()));
  assert.ok(sent.length > 0);
  if (process.env.SENT_JSON) writeFileSync(process.env.SENT_JSON, JSON.stringify(sent));
  assert.ok(url.startsWith("http://127.0.0.1") || url.startsWith("http://localhost"));
});
