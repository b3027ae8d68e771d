// Three channels: one with everything, one that is alerted at once, and a quiet one in Japanese.
//
// Needs a new `securityhub-members demo --channels` at DEMO_URL, in English and UTC.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { launch, open } from "./chromium.mjs";

let browser, page, problems;

before(async () => {
  browser = await launch(chromium);
  ({ page, problems } = await open(browser));
  page.setDefaultTimeout(20_000);
  await page.getByLabel("End the story").click();
});
after(() => browser?.close());

const state = () => page.evaluate(() => fetch("/page/state").then((answer) => answer.json()));
/** The bot's messages in a channel, without replies. */
const messages = async (name) => {
  const { channels } = await state();
  const all = channels.find((channel) => channel.name === name).messages;
  return all.filter((message) => message.bot_id && (!message.thread_ts || message.thread_ts === message.ts));
};
/** The first message of a channel's next digest, with its thread. */
const digest = async (name, before) => {
  for (let tries = 0; tries < 200; tries++) {
    const message = (await messages(name))[before];
    if (message?.reply_count) return JSON.stringify(message);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no digest in #${name}`);
};
const count = async (name) => (await messages(name)).length;
const show = (name) => page.getByTestId(`channel-${name}`).click();
const leave = async (account) => {
  await page.getByTestId("story-verb").selectOption("leave");
  await page.getByTestId("story-account").fill(account);
  await page.getByTestId("story-go").click();
  await page.getByTestId("story-said").filter({ hasText: account }).waitFor();
};

test("a departure in production is alerted at once, with a mention, and nowhere else", async () => {
  const before = [await count("security"), await count("tokyo")];
  await show("prod-oncall");
  await leave("payments-prod");
  const alert = page.getByTestId("message").filter({ hasText: "Production: payments-prod left Security Hub" }).last();
  await alert.waitFor();
  assert.match(await alert.innerText(), /@prod-oncall/);
  assert.match(await page.getByTestId("phone").getByTestId("push").innerText(), /payments-prod left/);
  assert.deepEqual([await count("security"), await count("tokyo")], before);
  // An account of another OU is alerted nowhere.
  const alerts = await count("prod-oncall");
  await leave("payments-staging");
  assert.equal(await count("prod-oncall"), alerts);
});

test("each channel has its part of the next digest, in its language, and no other account", async () => {
  const before = [await count("security"), await count("prod-oncall"), await count("tokyo")];
  await page.getByTestId("next-digest").click();
  const security = await digest("security", before[0]);
  assert.ok(security.includes("payments-prod and payments-staging left Security Hub"), security);
  const oncall = await digest("prod-oncall", before[1]);
  assert.ok(oncall.includes("Production: payments-prod left Security Hub") && oncall.includes("Alerted"), oncall);
  assert.ok(!oncall.includes("payments-staging") && !oncall.includes("subteam"), oncall);
  const tokyo = await digest("tokyo", before[2]);
  assert.ok(tokyo.includes("東京リージョン: payments-prod と payments-staging が離脱"), tokyo);
});

test("a day without news is quiet in one channel and not in the others", async () => {
  let silent = 0;
  for (let morning = 0; morning < 2; morning++) {
    const before = [await count("security"), await count("tokyo")];
    await page.getByTestId("next-digest").click();
    await digest("security", before[0]);
    const heartbeat = (await messages("tokyo")).slice(before[1]);
    // The first digest of a week is posted all the same.
    if (heartbeat.length) assert.ok(JSON.stringify(heartbeat).includes("回以上取得"), JSON.stringify(heartbeat));
    else silent += 1;
  }
  assert.ok(silent > 0);
  assert.deepEqual(problems, []);
});
