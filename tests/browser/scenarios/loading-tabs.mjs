// Several tabs load a page of a guarded site with many scripts, as when a browser restores them, and meanwhile another tab
// renews the session: no script is refused because its request set out with the token that the renewal replaced.

import assert from "node:assert/strict";
import http from "node:http";
import { scenario } from "../lib/scenario.mjs";
import { register, until } from "../lib/steps.mjs";

const TABS = 3;
const SCRIPTS = 25;
const SITE = new URL(process.env.LOADING_SITE);

// The requests for scripts that shall have set out before the renewal. A browser has up to six connections to a host.
const HELD = 3;

// A way to the site on which scripts wait, with the cookies that they set out with, until `release()`.
async function startGate() {
  const gate = { held: [], open: false };
  const server = http.createServer((request, response) => {
    const pass = () => forward(request, response);
    if (gate.open || !request.url.includes(".js")) pass();
    else gate.held.push({ cookie: request.headers.cookie, pass });
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  gate.address = `http://localhost:${server.address().port}`;
  gate.release = () => {
    gate.open = true;
    for (const { pass } of gate.held) pass();
  };
  gate.close = () => server.close();
  return gate;
}

function forward({ method, url, headers }, response) {
  const passed = http.request(new URL(url, SITE), { method, headers: { ...headers, host: SITE.host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", (error) => response.destroy(error));
  passed.end();
}

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

async function accessToken({ context }) {
  const cookies = await context.cookies(SITE.href);
  return cookies.find(({ name }) => name === "access_token").value;
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  await register(visitor);
  await visitor.page.goto("/register");
  await visitor.page.evaluate(() => import("/assets/session.js"));
  const tabs = [];
  while (tabs.length < TABS) tabs.push(await newTab(visitor));
  const statuses = [];
  visitor.context.on("response", (answer) => answer.url().includes("/count.js") && statuses.push(answer.status()));

  const gate = await startGate();
  try {
    const replaced = await accessToken(visitor);
    const loads = tabs.map((tab) => tab.goto(`${gate.address}/slow/loading.html`, { waitUntil: "load" }));
    await until("scripts that are under way", () => gate.held.length >= HELD);
    assert.equal(await renew(visitor.page), 200);
    assert.notEqual(await accessToken(visitor), replaced);
    for (const { cookie } of gate.held) assert.ok(cookie.includes(replaced));
    gate.release();
    await Promise.all(loads);
  } finally {
    gate.close();
  }
  assert.deepEqual(statuses, Array(TABS * SCRIPTS).fill(200));
  for (const tab of tabs) assert.equal(await tab.evaluate(() => globalThis.loaded), SCRIPTS);
});
