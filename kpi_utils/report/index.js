// The choice of lines in the list of reports.
const form = document.querySelector(".choose");
const rows = [...document.querySelectorAll("tr[data-plan]")];
const plain = (text) => text.normalize("NFKC").toLowerCase();

const choose = () => {
  const wanted = Object.fromEntries(new FormData(form));
  let shown = 0;
  for (const row of rows) {
    const { plan, year, stand, has } = row.dataset;
    row.hidden = !(
      plain(plan).includes(plain(wanted.plan.trim())) &&
      ["", year].includes(wanted.year) &&
      ["", stand].includes(wanted.stand) &&
      [wanted.status, wanted.severity].every((name) => !name || has.split(" ").includes(name))
    );
    shown += !row.hidden;
  }
  form.querySelector("output").textContent = `${shown}件を表示`;
};

form.hidden = false;
form.addEventListener("input", choose);
form.addEventListener("reset", () => setTimeout(choose));
form.addEventListener("submit", (event) => event.preventDefault());
choose();
