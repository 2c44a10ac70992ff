// A browser restores ten tabs of a guarded site after the access token has ended. Each is led through the login page, one
// after the other: the first renews the session, the others see that this is done, and no page loses a script because the
// token that it loads with was replaced twice.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { expireAccess, register } from "../lib/steps.mjs";

const TABS = 10;
const SCRIPTS = 25;
const PAGE = `${process.env.LOADING_SITE}/slow/loading.html`;

async function newTab({ context }) {
  const tab = await context.newPage();
  const client = await context.newCDPSession(tab);
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  return tab;
}

async function restore(tab, number) {
  const address = `${PAGE}?tab=${number}`;
  await tab.goto(address, { waitUntil: "commit" });
  await tab.waitForURL(address);
  return tab.evaluate(() => globalThis.loaded);
}

// The answers to the requests of the context from now on whose path ends so.
function collectAnswers(context, ending) {
  const answers = [];
  context.on("response", (answer) => new URL(answer.url()).pathname.endsWith(ending) && answers.push(answer));
  return answers;
}

async function countRenewals(answers) {
  const cookies = await Promise.all(answers.map((answer) => answer.headerValue("Set-Cookie")));
  return cookies.filter((cookie) => cookie !== null).length;
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const tabs = [];
  while (tabs.length < TABS) tabs.push(await newTab(visitor));
  const asked = collectAnswers(visitor.context, "/refresh");
  const scripts = collectAnswers(visitor.context, "/count.js");

  expireAccess(account);
  const loaded = await Promise.all(tabs.map(restore));
  assert.deepEqual(loaded, Array(TABS).fill(SCRIPTS));
  assert.deepEqual(scripts.map((answer) => answer.status()), Array(TABS * SCRIPTS).fill(200));
  assert.equal(asked.length, TABS);
  assert.equal(await countRenewals(asked), 1);
});
