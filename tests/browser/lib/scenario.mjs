// Plays one scenario in a browser of its own, and sees that it stays quiet: whatever a page says on its console, throws,
// or tries against its Content-Security-Policy fails the scenario, unless the scenario has announced it. When one fails,
// it shows each page's address, console and a screenshot.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

export const BASE = process.env.BASE_URL ?? "http://localhost:8080";

// Milliseconds for a condition to come true, on a machine that is busy with other things.
export const PATIENCE = 1000 * (process.env.PATIENCE ?? 60);

const LONGEST = 5;
const NAME = path.basename(process.argv[1], ".mjs");
const SCREENSHOTS = process.env.SCREENSHOTS ?? "build/test/browser";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// play(stage): `stage.visitor(options)` gives somebody with cookies of their own and a first page.
export async function scenario(play) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
  const visitors = [];
  const stage = {
    async visitor(options) {
      const visitor = await newVisitor(browser, options);
      visitors.push(visitor);
      return visitor;
    },
  };
  try {
    await Promise.race([play(stage), deadline()]);
    for (const visitor of visitors) expectQuiet(visitor);
  } catch (error) {
    process.exitCode = 1;
    console.log(error.stack);
    await showPages(visitors);
  } finally {
    await browser.close();
  }
}

// Some of Playwright's calls have no time limit of their own.
function deadline() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the scenario takes too long")), LONGEST * PATIENCE).unref();
  });
}

// visitor.expects("401 /login", "failed /me"): answers that the browser may complain of.
async function newVisitor(browser, options) {
  const context = await browser.newContext({ baseURL: BASE, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE);
  const said = [];
  const expected = new Set(["401 /refresh"]);
  context.on("console", (message) => said.push({ text: message.text(), url: message.location().url }));
  context.on("weberror", (error) => said.push({ text: String(error.error().stack), url: "" }));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`CSP: ${violatedDirective} ${blockedURI}`);
    });
  });
  const page = await context.newPage();
  return { context, page, said, expected, expects: (...answers) => answers.forEach((answer) => expected.add(answer)) };
}

const COMPLAINT = /^Failed to load resource: (?:the server responded with a status of (\d+)|net::ERR_FAILED)/;

function isExpected({ expected }, { text, url }) {
  const [complaint, status] = COMPLAINT.exec(text) ?? [];
  return complaint !== undefined && expected.has(`${status ?? "failed"} ${new URL(url).pathname}`);
}

function expectQuiet(visitor) {
  const noise = visitor.said.filter((message) => !isExpected(visitor, message));
  if (noise.length > 0) throw new Error(`the browser was not quiet: ${JSON.stringify(noise, null, 2)}`);
}

async function showPages(visitors) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [who, { context, said }] of visitors.entries()) {
    for (const [which, page] of context.pages().entries()) {
      const file = path.resolve(SCREENSHOTS, `${NAME}-${who + 1}-${which + 1}.png`);
      await page.screenshot({ path: file, timeout: 10_000 }).catch(() => {});
      console.log(`--- visitor ${who + 1}, page ${which + 1}: ${page.url()}\n    ${file}`);
    }
    for (const { text, url } of said) console.log(`    console: ${text} (${url})`);
  }
}
