// Opens the demo page in Debian's Chromium.

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** The page's address, from the environment. */
export const url = process.env.DEMO_URL ?? "http://127.0.0.1:4000";

/** Starts the browser that CHROMIUM names. */
export function launch(chromium) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** Opens the page; `problems` collects script errors and requests to anywhere else. */
export async function open(browser, { theme = "light", hash = "", ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 }, timezoneId: process.env.TIMEZONE ?? "UTC", locale: "en-GB", colorScheme: theme, ...options,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !address.startsWith("data:")) problems.push(`asks for ${address}`);
  });
  await page.goto(`${url}/?theme=${theme}${hash}`);
  await page.waitForSelector("body[data-version]");
  return { page, problems };
}
