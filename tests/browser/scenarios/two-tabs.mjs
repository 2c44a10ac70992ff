// Two tabs find at the same time that the access token has ended: one renews, and both go on. Where the browser has no
// locks, as on plain http, the same holds for the requests of one tab.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { countRequests, expireAccess, hold, register, until } from "../lib/steps.mjs";

const REQUESTS = 5;

function fetchMany(page) {
  return page.evaluate(async (count) => {
    const { createSession } = await import("/assets/session.js");
    const session = createSession();
    const answers = await Promise.all(Array.from({ length: count }, () => session.fetch("/me")));
    return answers.map((answer) => answer.status);
  }, REQUESTS);
}

function waitingFor(page) {
  return page.evaluate(async () => (await navigator.locks?.query())?.pending.length ?? 0);
}

// All requests of all tabs have been refused before the first renewal goes on.
async function expectOneRenewal(visitor, account, tabs) {
  expireAccess(account);
  const renewals = countRequests(visitor, "POST /refresh");
  const refused = [];
  visitor.context.on("response", (answer) => answer.status() === 401 && refused.push(answer));
  const gate = await hold(visitor, "**/refresh");

  const answers = tabs.map(fetchMany);
  await gate.arrived;
  await until("the refusals", () => refused.length === tabs.length * REQUESTS);
  await until("the other tabs to wait", async () => (await waitingFor(tabs[0])) === tabs.length - 1);
  gate.release();

  assert.deepEqual((await Promise.all(answers)).flat(), Array(tabs.length * REQUESTS).fill(200));
  assert.equal(renewals.length, 1);
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  visitor.expects("401 /me");
  const other = await visitor.context.newPage();
  for (const page of [visitor.page, other]) await page.goto("/register");
  await expectOneRenewal(visitor, account, [visitor.page, other]);

  const old = await stage.visitor();
  const neighbour = await register(old);
  old.expects("401 /me");
  await old.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  await old.page.goto("/register");
  await expectOneRenewal(old, neighbour, [old.page]);
});
