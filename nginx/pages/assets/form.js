// How every form of the pages behaves: one submission at a time, a button that shows it, errors beside their fields or
// in the form's alert, a countdown when the service asks to wait, and buttons that show a password.
// A field is named as the API names it; the element #FIELD-error of the form, found by aria-describedby, takes its error.

const COMPLAINTS = [
  ["valueMissing", () => "Please fill in this field."],
  ["tooShort", (field) => `Please use at least ${field.minLength} characters.`],
];

// Problems that are about one field although they do not name it.
const FIELD_OF = {
  username_taken: "username",
  invalid_credentials: "password",
  wrong_current_password: "current_password",
  current_password_required: "current_password",
};

// submit(values) gives an outcome of api.js; done(outcome) follows when it is ok. Nothing is sent until both are through,
// nor while the service has asked to wait.
export function handleForm(form, submit, done) {
  form.noValidate = true;
  for (const button of form.querySelectorAll("[data-shows]")) handleReveal(button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.state) return;
    clearErrors(form);
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

// As if nothing had been entered.
export function clearForm(form) {
  form.reset();
  clearErrors(form);
  concealPasswords(form);
}

// The button of the form says what goes on until the work is done.
async function whileBusy(form, work) {
  const button = submitButton(form);
  setState(form, "busy", button.dataset.busy);
  try {
    return await work();
  } finally {
    setState(form, "");
  }
}

// An empty state is the usual one.
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

// The last element that describes a field is the one for its error.
function errorOf(input) {
  return document.getElementById(input.getAttribute("aria-describedby").split(" ").at(-1));
}

export function showAlert(part, text) {
  part.querySelector("[role=alert]").textContent = text;
}

// Good news, read out when there is a pause.
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

// The alert is read out once; the button counts.
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

// A browser remembers what was in a text field.
function concealPasswords(form) {
  for (const button of form.querySelectorAll("[data-shows]")) reveal(button, false);
}
