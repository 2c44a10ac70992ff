// The registration page: makes an account, which also signs the visitor in. A visitor who wants to go somewhere is then sent
// there by the login page, because that has the service check the address.

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
