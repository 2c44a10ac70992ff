// How every form of the pages behaves: one submission at a time, a button that shows that it is under way, errors beside
// their fields or in the alert of the form, a countdown when the service asks to wait, and buttons that show a password.
// A field has the name that the API gives it. Its error goes to the last element that its aria-describedby lists.

const COMPLAINTS = [
  ["valueMissing", () => "Please fill in this field."],
  ["tooShort", (field) => `Please use at least ${field.minLength} characters.`],
];

// The fields whose ends are trimmed before they are sent: keyboards of phones add a space after a name. In a password, each
// character counts.
const TRIMMED = ["name", "username"];

// The field that a problem is about, for problems that do not name it themselves.
const FIELD_OF = {
  username_taken: "username",
  invalid_credentials: "password",
  wrong_current_password: "current_password",
  current_password_required: "current_password",
};

// submit(values) resolves to an outcome of api.js; done(outcome) follows when it is ok. The form sends nothing more before
// both have finished, nor while the service has asked to wait.
export function handleForm(form, submit, done) {
  form.noValidate = true;
  for (const button of form.querySelectorAll("[data-shows]")) handleReveal(button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.state) return;
    clearErrors(form);
    trimFields(form);
    const complaints = complaintsOf(form);
    if (complaints.length > 0) return showFieldErrors(form, complaints);
    concealPasswords(form);
    const outcome = await whileBusy(form, () => attempt(Object.fromEntries(new FormData(form))));
    if (!outcome.ok) showOutcome(form, outcome);
  });

  async function attempt(values) {
    const outcome = await submit(values);
    if (outcome.ok) await done(outcome);
    return outcome;
  }
}

function trimFields(form) {
  for (const field of form.elements) {
    if (TRIMMED.includes(field.name)) field.value = field.value.trim();
  }
}

// Brings the form back to the state in which nothing has been entered.
export function clearForm(form) {
  form.reset();
  clearErrors(form);
  concealPasswords(form);
}

// Until the work is done, the submit button says what is going on.
async function whileBusy(form, work) {
  const button = submitButton(form);
  setState(form, "busy", button.dataset.busy);
  try {
    return await work();
  } finally {
    setState(form, "");
  }
}

// The state is "busy", "waiting", or empty when the form can be submitted.
function setState(form, state, label) {
  const button = submitButton(form);
  button.dataset.label ??= button.textContent;
  button.textContent = label ?? button.dataset.label;
  button.setAttribute("aria-disabled", String(state !== ""));
  form.dataset.state = state;
}

function submitButton(form) {
  return form.querySelector("[type=submit]");
}

// --- Errors ----------------------------------------------------------------------------------------------------------

function complaintsOf(form) {
  const fields = [...form.elements].filter((field) => field.willValidate && !field.validity.valid);
  return fields.map((field) => {
    const [, text] = COMPLAINTS.find(([flaw]) => field.validity[flaw]) ?? ["", () => field.validationMessage];
    return { field: field.name, detail: text(field) };
  });
}

export function showOutcome(form, outcome) {
  const field = FIELD_OF[outcome.code];
  const errors = field ? [{ field, detail: outcome.detail }] : outcome.errors;
  const [known, others] = partition(errors, (error) => form.elements.namedItem(error.field));
  showFieldErrors(form, known);
  if (outcome.status === 429) return waitFor(form, outcome);
  if (known.length === 0 || others.length > 0) showAlert(form, others[0]?.detail ?? outcome.detail);
}

function showFieldErrors(form, errors) {
  for (const { field, detail } of errors) {
    const input = form.elements.namedItem(field);
    input.setAttribute("aria-invalid", "true");
    errorOf(input).textContent = detail;
  }
  const [first] = errors;
  if (first) form.elements.namedItem(first.field).focus();
}

// The element for the error of a field: the last one that describes the field.
function errorOf(input) {
  return document.getElementById(input.getAttribute("aria-describedby").split(" ").at(-1));
}

export function showAlert(part, text) {
  part.querySelector("[role=alert]").textContent = text;
}

// Shows that something succeeded. Screen readers read it out at the next pause (role=status).
export function say(part, text) {
  part.querySelector("[role=status]").textContent = text;
}

function clearErrors(form) {
  for (const message of form.querySelectorAll("[role=alert], [role=status]")) message.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    errorOf(input).textContent = "";
  }
}

function partition(list, test) {
  return [list.filter(test), list.filter((item) => !test(item))];
}

// --- Waiting ---------------------------------------------------------------------------------------------------------

// The alert names the time once, because screen readers read out each change of it; the button counts down.
function waitFor(form, { detail, wait }) {
  const end = performance.now() + wait * 1000;
  showAlert(form, `${detail} You can try again in ${duration(wait)}.`);
  const count = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left > 0) return setState(form, "waiting", `Wait ${clock(left)}`);
    clearInterval(timer);
    setState(form, "");
    showAlert(form, "You can try again now.");
  };
  const timer = setInterval(count, 1000);
  count();
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function duration(seconds) {
  const unit = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;
  if (seconds < 60) return unit(seconds, "second");
  if (seconds % 60 === 0) return unit(seconds / 60, "minute");
  return `${unit(Math.floor(seconds / 60), "minute")} ${unit(seconds % 60, "second")}`;
}

// --- Passwords -------------------------------------------------------------------------------------------------------

function handleReveal(button) {
  button.hidden = false;
  button.addEventListener("click", () => reveal(button, button.getAttribute("aria-pressed") === "false"));
}

function reveal(button, visible) {
  document.getElementById(button.dataset.shows).type = visible ? "text" : "password";
  button.setAttribute("aria-pressed", String(visible));
}

// Hides shown passwords before the form is sent, because a browser may remember what was in a field of type text.
function concealPasswords(form) {
  for (const button of form.querySelectorAll("[data-shows]")) reveal(button, false);
}
