// Several tabs load a page of a guarded site with many scripts, as when a browser restores them, and meanwhile another tab
// renews the session: no script is refused because its request set out with the token that the renewal replaced.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { register } from "../lib/steps.mjs";

const TABS = 3;
const SCRIPTS = 25;
const SITE = process.env.LOADING_SITE;

// How many rounds must have had scripts under way when the renewal was done, and how many are played at a place of the
// site before a slower one is taken, because this machine is too busy for the faster one.
const ROUNDS = 3;
const MOST_ROUNDS = 8;
const PLACES = ["slow", "slower", "slowest"];

async function newTab({ context }) {
  const tab = await context.newPage();
  const client = await context.newCDPSession(tab);
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  return tab;
}

function renew(page) {
  return page.evaluate(async () => {
    const { createSession } = await import("/assets/session.js");
    return (await createSession().refresh()).status;
  });
}

// Collects the statuses of all scripts from now on, and tells when the first one has arrived.
function watchScripts(context) {
  const seen = { statuses: [] };
  seen.first = new Promise((resolve) => {
    seen.stop = () => context.off("response", take);
    function take(answer) {
      if (answer.request().resourceType() !== "script" || !answer.url().startsWith(SITE)) return;
      seen.statuses.push(answer.status());
      resolve();
    }
    context.on("response", take);
  });
  return seen;
}

// The number of scripts that were still under way when the session was renewed.
async function playRound({ context, page }, tabs, place) {
  const seen = watchScripts(context);
  const loads = tabs.map((tab) => tab.goto(`${SITE}/${place}/loading.html`, { waitUntil: "load" }));
  await seen.first;
  assert.equal(await renew(page), 200);
  const left = TABS * SCRIPTS - seen.statuses.length;
  await Promise.all(loads);
  seen.stop();
  assert.deepEqual(seen.statuses, Array(TABS * SCRIPTS).fill(200));
  for (const tab of tabs) assert.equal(await tab.evaluate(() => globalThis.loaded), SCRIPTS);
  return left;
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  await register(visitor);
  await visitor.page.goto("/register");
  await visitor.page.evaluate(() => import("/assets/session.js"));
  const tabs = [];
  while (tabs.length < TABS) tabs.push(await newTab(visitor));

  let met = 0;
  for (const place of PLACES)
    for (let round = 0; met < ROUNDS && round < MOST_ROUNDS; round++)
      if ((await playRound(visitor, tabs, place)) > 0) met++;
  assert.equal(met, ROUNDS, "hardly any renewal met a page that was loading");
});
