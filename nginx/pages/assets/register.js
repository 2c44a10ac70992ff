// The registration page: makes an account, which is signed in then, and leads on by way of the login page, which knows
// where it is safe to go.

import { callPlainly } from "./api.js";
import { handleForm } from "./form.js";
import { destination, dressPage, HOME, leaveFor, withDestination } from "./page.js";

const form = document.querySelector("form");

function register(account) {
  return callPlainly("POST", "/register", account);
}

function leave() {
  return leaveFor(destination() ? withDestination("/login") : HOME);
}

dressPage();
handleForm(form, register, leave);
