// Every page in each of its states: the looks that have to be accessible, in light and dark, wide and narrow.
// A row: a name, and how a visitor with an account gets there; `signedIn` says whether with a session.

import { BASE } from "./scenario.mjs";
import { alertOf, answerWith, button, comeFromElsewhere, field, fillForm, logIn, openAccount, register, sessionRows } from "./steps.mjs";

const TOO_MANY = { code: "too_many_attempts", title: "Too Many Requests", detail: "Too many attempts." };
const AWAY = { code: "service_unavailable", title: "Service Unavailable", detail: "Away." };

export const STATES = [
  ["login", {}, async ({ page }) => {
    await page.goto("/login");
    await button(page, "Sign in").waitFor();
  }],
  ["login, nothing entered", {}, async ({ page }) => {
    await page.goto("/login");
    await button(page, "Sign in").click();
    await page.getByText("Please fill in this field.").first().waitFor();
  }],
  ["login, wrong password, shown", {}, async ({ page }, { username }) => {
    await page.goto("/login");
    await fillForm(page, { Username: username, Password: "not the password" });
    await button(page, "Sign in").click();
    await page.getByText("password is wrong").waitFor();
    await button(page, "Show password").click();
  }],
  ["login, too many attempts", {}, async (visitor, { username }) => {
    const { page } = visitor;
    await answerWith(visitor, "**/login", 429, TOO_MANY, { "Retry-After": "75" });
    await page.goto("/login");
    await fillForm(page, { Username: username, Password: "not the password" });
    await button(page, "Sign in").click();
    await alertOf(page).waitFor();
  }],
  ["login, service away", {}, async (visitor) => {
    await answerWith(visitor, "**/refresh*", 503, AWAY);
    await visitor.page.goto("/login");
    await alertOf(visitor.page).waitFor();
  }],
  ["login, loop", { signedIn: true }, async ({ page }) => {
    await page.goto(`${BASE.replace("localhost", "127.0.0.1")}/demo/`);
    await page.getByText("For the administrator").waitFor();
  }],
  ["logout, asked", { signedIn: true }, async ({ page }) => {
    await comeFromElsewhere(page, "/logout");
    await button(page, "Sign out").waitFor();
  }],
  ["logout, service away", { signedIn: true }, async (visitor) => {
    await answerWith(visitor, "**/logout", 503, AWAY);
    await visitor.page.goto("/logout");
    await alertOf(visitor.page).waitFor();
  }],
  ["register", {}, async ({ page }) => {
    await page.goto("/register");
  }],
  ["register, refused", {}, async ({ page }) => {
    await page.goto("/register");
    await fillForm(page, { Name: "\u3164", Username: "no spaces", Password: "password123" });
    await button(page, "Create account").click();
    await page.getByText("common").waitFor();
  }],
  ["reset", {}, async ({ page }) => {
    await page.goto("/reset#token=x");
    await button(page, "Set password").waitFor();
  }],
  ["reset, without a link", {}, async ({ page }) => {
    await page.goto("/reset");
    await page.getByRole("heading", { name: "You need a link" }).waitFor();
  }],
  ["account", { signedIn: true }, async (visitor) => {
    await openAccount(visitor);
    await sessionRows(visitor.page).first().waitFor();
  }],
  ["account, saved and refused", { signedIn: true }, async (visitor) => {
    const { page } = visitor;
    await openAccount(visitor);
    await button(page, "Save").click();
    await page.getByText("Your name is saved.").waitFor();
    await fillForm(page, { "Current password": "not the password", "New password": "seven purple kites" });
    await button(page, "Change password").click();
    await page.getByText("not your current password").waitFor();
  }],
  ["account, deletion", { signedIn: true }, async (visitor) => {
    await openAccount(visitor);
    await button(visitor.page, "Delete account…").click();
    await field(visitor.page.getByRole("dialog"), "Password").waitFor();
  }],
  ["account, service away", { signedIn: true }, async (visitor) => {
    await answerWith(visitor, "**/me", 503, AWAY);
    await visitor.page.goto("/account");
    await alertOf(visitor.page).waitFor();
  }],
  ["account, deleted", {}, async (visitor) => {
    const { password } = await register(visitor);
    await openAccount(visitor);
    await button(visitor.page, "Delete account…").click();
    await fillForm(visitor.page.getByRole("dialog"), { Password: password });
    await button(visitor.page, "Delete my account").click();
    await visitor.page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
  }],
  ["demonstration", { signedIn: true }, async ({ page }) => {
    await page.goto("/demo/");
    await page.getByRole("heading").waitFor();
  }],
];

const EXPECTED = ["400 /register", "401 /login", "403 /change-password", "429 /login", "503 /refresh", "503 /logout", "503 /me"];

// visit(visitor, name) in each state; every state has a visitor of its own.
export async function inEachState(stage, account, options, visit) {
  for (const [name, { signedIn }, reach] of STATES) {
    const visitor = await stage.visitor(options);
    visitor.expects(...EXPECTED);
    if (signedIn) await logIn(visitor, account);
    await reach(visitor, account);
    await visit(visitor, name);
    await visitor.context.close();
  }
}
