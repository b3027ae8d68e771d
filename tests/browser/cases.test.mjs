// The story, and what a person does with a case: the menu of a digest, and the form that it
// opens. In the language of the demo.
//
// Needs a new `securityhub-members demo` at DEMO_URL, in English or Japanese.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { launch, open } from "./chromium.mjs";

/** What a person reads, by language. */
const TEXTS = {
  en: {
    intro: "You are on the security team of Example Inc. Everything here is invented and on this machine.",
    quiet: "No changes", left: "left", history: "joined", failing: "sa-east-1: polling has failed",
    short: "Enter at least 3 characters.", date: "Pick a date from", expected: "is expected until", save: "Save", close: "Close",
    take: "I'm on it", noOwner: "no owner",
  },
  ja: {
    intro: "あなたは Example Inc. のセキュリティチームの一員です。内容はすべて架空で、このマシン内で動いています。",
    quiet: "変更なし", left: "離脱", history: "参加", failing: "sa-east-1",
    short: "3文字以上で入力してください。", date: "の日付を選んでください。", expected: "まで想定内", save: "保存", close: "閉じる",
    take: "対応します", noOwner: "担当者なし",
  },
};

let browser, page, problems, text;

before(async () => {
  browser = await launch(chromium);
  ({ page, problems } = await open(browser));
  page.setDefaultTimeout(20_000);
  text = TEXTS[await page.locator("html").getAttribute("lang")];
});
after(() => browser?.close());

const state = () => page.evaluate(() => fetch("/page/state").then((answer) => answer.json()));
const menu = () => page.getByTestId("menu");
const modal = () => page.getByTestId("modal");
const digest = (on = page) => on.getByTestId("message").filter({ has: on.getByTestId("action-case_menu") }).last();
/** The ⋯ of an account in the newest digest. */
const more = (account, on = page) => digest(on).locator(".block.section", { hasText: account }).getByTestId("action-case_menu");
/** A line of the newest digest that contains both. */
const line = (account, said) => digest().locator(".block.section", { hasText: account }).filter({ hasText: said });
const choose = async (account, verb, on = page) => {
  await more(account, on).click();
  await on.getByTestId("menu").locator(`[data-value^="${verb} "]`).click();
};
const isWide = (on) => on.evaluate(() => document.documentElement.scrollWidth > innerWidth);

test("the story goes from a quiet morning to a failing Region", async () => {
  const tour = page.getByTestId("tour");
  const phone = page.getByTestId("phone").getByTestId("push");
  assert.ok((await tour.innerText()).includes(text.intro));
  assert.match(await phone.innerText(), new RegExp(text.quiet));
  const step = async (number) => {
    await page.getByTestId("tour-next").click();
    await tour.locator(".now", { hasText: `${number}/6` }).waitFor();
  };
  await step(2);
  await step(3);
  await phone.filter({ hasText: "payments-prod" }).waitFor();
  await more("payments-prod").waitFor();
  const { y } = await digest().boundingBox();
  assert.ok(y > 0 && y < 860, `the digest begins at ${y}`);
  await step(4);
  await page.getByTestId("ephemeral").filter({ hasText: text.history }).last().waitFor();
  await step(5);
  await line("payments-prod", "@Aiko Tanaka").waitFor();
  await page.getByTestId("thread").getByTestId("reply").filter({ hasText: "Aiko Tanaka" }).last().waitFor();
  // A second press on the digest's button offers to undo the first.
  const undo = page.getByTestId("ephemeral").getByTestId("action-case_give_back");
  await digest().getByRole("button", { name: text.take }).click();
  await undo.waitFor();
  await undo.click();
  await line("payments-prod", text.noOwner).waitFor();
  await step(6);
  await page.getByTestId("message").last().filter({ hasText: text.failing }).waitFor();
  await page.getByTestId("tour-next").click();
  await tour.waitFor({ state: "hidden" });
});

test("the next digest has a menu for each account that left", async () => {
  for (const account of ["ledger-prod", "checkout-prod"]) {
    await page.getByTestId("story-verb").selectOption("leave");
    await page.getByTestId("story-account").fill(account);
    await page.getByTestId("story-go").click();
    await page.getByTestId("story-said").filter({ hasText: account }).waitFor();
  }
  await page.getByTestId("next-digest").click();
  for (const account of ["ledger-prod", "checkout-prod"]) await more(account).waitFor();
});

test("the menu opens from the keyboard, and closes on Escape and on a click elsewhere", async () => {
  const button = more("ledger-prod");
  const focused = () => page.evaluate(() => document.activeElement.dataset.value ?? document.activeElement.dataset.testid);
  await button.press("Enter");
  await menu().waitFor();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  assert.match(await focused(), /^history /);
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(), /^console /);
  await page.keyboard.press("Escape");
  await menu().waitFor({ state: "hidden" });
  assert.equal(await focused(), "action-case_menu");
  await button.click();
  await menu().waitFor();
  await page.getByTestId("title").click();
  await menu().waitFor({ state: "hidden" });
});

test("a case is taken from the menu: the digest and its thread name the person", async () => {
  const answers = page.getByTestId("ephemeral"), before = await answers.count();
  await choose("ledger-prod", "take");
  await line("ledger-prod", "@Aiko Tanaka").waitFor();
  // What comes later moves the page, which closes a menu.
  await answers.nth(before).waitFor();
  await digest().getByTestId("replies").click();
  const replies = page.getByTestId("thread").getByTestId("reply");
  await replies.filter({ hasText: "Aiko Tanaka" }).filter({ hasText: "ledger-prod" }).last().waitFor();
});

test("the form shows errors at their fields, and then what it stored", async () => {
  await choose("checkout-prod", "expect");
  const save = page.getByTestId("modal-submit");
  await save.waitFor();
  assert.equal(await save.innerText(), text.save);
  const chosen = modal().locator("label", { has: page.locator("input:checked") });
  assert.match(await chosen.innerText(), /^checkout-prod/);
  const why = modal().locator("textarea");
  await why.fill("x");
  await save.click();
  await page.getByTestId("error-why").filter({ hasText: text.short }).waitFor();
  // Slack doesn't send a reason that is too short. The bot rejects the date.
  const until = modal().locator("input[type=date]");
  await why.fill("Moves to another organization");
  await until.fill("2040-01-01");
  await save.click();
  await page.getByTestId("error-until").filter({ hasText: text.date }).waitFor();
  assert.equal(await page.getByTestId("error-why").count(), 0);
  assert.equal(await why.inputValue(), "Moves to another organization");
  const week = new Date(Date.parse((await state()).now) + 7 * 86_400_000).toISOString().slice(0, 10);
  await until.fill(week);
  await save.click();
  await modal().filter({ hasText: text.expected }).filter({ hasText: "checkout-prod" }).waitFor();
  assert.equal(await save.count(), 0);
  const close = page.getByTestId("modal-close");
  assert.equal(await close.innerText(), text.close);
  await close.click();
  await modal().waitFor({ state: "hidden" });
  await line("checkout-prod", "Moves to another organization").waitFor();
  await page.getByTestId("thread").getByTestId("reply").filter({ hasText: "Moves to another organization" }).last().waitFor();
  await page.getByTestId("thread").locator("header button").click();
});

test("a menu and a modal fit into 390 pixels", async () => {
  const { page: phone } = await open(browser, { theme: "dark", viewport: { width: 390, height: 844 } });
  phone.setDefaultTimeout(20_000);
  assert.equal(await isWide(phone), false);
  await more("ledger-prod", phone).click();
  await phone.getByTestId("menu").waitFor();
  const { x, width } = await phone.getByTestId("menu").boundingBox();
  assert.ok(x >= 0 && x + width <= 390);
  assert.equal(await isWide(phone), false);
  await phone.keyboard.press("Escape");
  await choose("ledger-prod", "expect", phone);
  await phone.getByTestId("modal-submit").waitFor();
  const box = await phone.getByTestId("modal").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844);
  assert.equal(await isWide(phone), false);
  await phone.keyboard.press("Escape");
  await phone.getByTestId("modal").waitFor({ state: "hidden" });
  await phone.context().close();
});

test("no script failed", () => assert.deepEqual(problems, []));
