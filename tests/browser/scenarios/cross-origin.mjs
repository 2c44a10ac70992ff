// Front ends on other origins: the listed one uses session.js from here and is renewed; one that is not listed reads
// nothing, and what it sends with our cookies is refused. Both are the same site as the service, so cookies travel.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { BASE, scenario } from "../lib/scenario.mjs";
import { countRequests, expireAccess, register, statusOf } from "../lib/steps.mjs";

const PAGE = `<!doctype html><html lang="en"><title>A front end</title><link rel="icon" href="data:,">`;

// A page on an origin of its own. Not by Playwright's interception, which answers preflights by itself.
async function withOrigin(port, use) {
  const server = createServer((request, answer) => answer.setHeader("Content-Type", "text/html").end(PAGE));
  server.listen(port, "localhost");
  await once(server, "listening");
  try {
    await use(`http://localhost:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

// What a call of session.js gives there: a status, or the name of the error.
function callFrom(page, path, init) {
  return page.evaluate(async ({ base, path, init }) => {
    try {
      const { createSession } = await import(`${base}/assets/session.js`);
      const answer = await createSession().fetch(base + path, init);
      return { status: answer.status, body: await answer.json() };
    } catch (error) {
      return { error: error.name };
    }
  }, { base: BASE, path, init });
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  visitor.expects("401 /me");
  await withOrigin(Number(process.env.APP_PORT), async (origin) => {
    await visitor.page.goto(origin);
    const me = await callFrom(visitor.page, "/me");
    assert.equal(me.body.user.username, account.username);

    expireAccess(account);
    const renewals = countRequests(visitor, "POST /refresh");
    const rename = { method: "PATCH", headers: { "Content-Type": "application/json" }, body: '{"name":"Ada King"}' };
    const renamed = await callFrom(visitor.page, "/me", rename);
    assert.equal(renamed.body.user.name, "Ada King");
    assert.equal(renewals.length, 1);
  });

  const stranger = await stage.visitor();
  await register(stranger);
  await withOrigin(0, async (origin) => {
    await stranger.page.goto(origin);
    const answers = await stranger.page.evaluate(readAndWrite, BASE);
    assert.deepEqual(answers, { module: "TypeError", read: "TypeError", write: "TypeError" });
    const forbidden = stranger.said.splice(0).filter(({ text }) => text.includes("has been blocked by CORS policy"));
    assert.equal(forbidden.length, 3);

    const refused = await submitForm(stranger.page, `${BASE}/logout`);
    assert.equal(refused.status(), 403);
    assert.equal((await refused.json()).code, "cross_site_request");
    assert.equal(await statusOf(stranger, "/me"), 200);
    stranger.expects("403 /logout");
  });
});

// A form needs no permission to be sent, and our cookies go with it.
async function submitForm(page, action) {
  const [answer] = await Promise.all([
    page.waitForResponse(action),
    page.evaluate((to) => {
      document.body.append(Object.assign(document.createElement("form"), { method: "post", action: to }));
      document.forms[0].submit();
    }, action),
  ]);
  return answer;
}

async function readAndWrite(base) {
  const nameOfError = (error) => error.name;
  return {
    module: await import(`${base}/assets/session.js`).catch(nameOfError),
    read: await fetch(`${base}/me`, { credentials: "include" }).catch(nameOfError),
    write: await fetch(`${base}/sessions`, { method: "DELETE", credentials: "include" }).catch(nameOfError),
  };
}
