// The list of sessions. Each row says which browser on which system has the session, from which address and since when, and
// has a form that ends it.

import { handleForm } from "./form.js";
import { fill } from "./page.js";

// end(session) resolves to an outcome; ended(session, title) follows when it is ok.
export function listSessions(list, { body, now }, end, ended) {
  const rows = body.sessions.map((session) => {
    const title = describeAgent(session.user_agent);
    const row = makeRow(session, title, now);
    handleForm(row.querySelector("form"), () => end(session), () => ended(session, title));
    return row;
  });
  list.replaceChildren(...rows);
}

function makeRow(session, title, now) {
  const row = document.querySelector("#session-row").content.cloneNode(true).firstElementChild;
  fill(row, { title, ip: session.ip ?? "unknown address" });
  row.querySelector("[data-current]").hidden = !session.current;
  row.querySelector("[data-title]").id = `session-${session.id}`;
  row.querySelector("button").setAttribute("aria-describedby", `session-${session.id}`);
  setTime(row.querySelector("[data-created]"), session.created_at, moment);
  setTime(row.querySelector("[data-used]"), session.last_used_at, (time) => ago(now - time));
  return row;
}

// --- Times -----------------------------------------------------------------------------------------------------------

const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];

function setTime(element, text, words) {
  const time = Date.parse(text);
  element.dateTime = text;
  element.title = moment(time);
  element.textContent = words(time);
}

export function moment(time) {
  return MOMENT.format(time);
}

function ago(milliseconds) {
  const [unit, size] = UNITS.find(([, size]) => milliseconds >= size) ?? [];
  return unit ? AGO.format(-Math.floor(milliseconds / size), unit) : "just now";
}

// --- Browsers --------------------------------------------------------------------------------------------------------

// The first pattern that matches decides. Many browsers also name the browsers that they are compatible with, so the more
// specific patterns come first.
const BROWSERS = [
  [/\bEdg(A|iOS)?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Headless)?(Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/.* Safari\//, "Safari"],
  [/^curl\//, "curl"],
];

const SYSTEMS = [
  [/\bAndroid\b/, "Android"],
  [/\b(iPhone|iPad|iPod)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

export function describeAgent(text) {
  const nameIn = (table) => table.find(([pattern]) => pattern.test(text))?.[1];
  const [browser, system] = [nameIn(BROWSERS), nameIn(SYSTEMS)];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (text.slice(0, 40) || "Unknown browser");
}
