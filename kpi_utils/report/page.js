"use strict";
// Without this script the page reads the same: it only adds buttons that sort, and the filters.

const number = (text) => {
  const plain = text.replace(/[,\s※件]/g, "").replace("−", "-").replace(/%$/, "");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
};

const compare = (a, b) => {
  const [left, right] = [number(a), number(b)];
  return left !== null && right !== null ? left - right : a.localeCompare(b, "ja");
};

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const printed = [...body.rows];
  for (const header of table.querySelectorAll("th.sorts")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[header.getAttribute("aria-sort")];
      const order = next === undefined ? "ascending" : next;
      for (const other of table.querySelectorAll("th.sorts")) other.removeAttribute("aria-sort");
      if (order) header.setAttribute("aria-sort", order);
      const key = (row) => {
        const cell = row.cells[header.cellIndex];
        return cell.dataset.sort ?? cell.textContent.trim();
      };
      const sign = order === "descending" ? -1 : 1;
      const sorted = [...printed].sort((a, b) => {
        // What has no figure comes last, whichever way.
        const absent = (key(a) === "―") - (key(b) === "―");
        return absent || sign * compare(key(a), key(b));
      });
      body.append(...(order ? sorted : printed));
    });
  }
}

for (const filter of document.querySelectorAll(".filter")) {
  const name = filter.dataset.name;
  filter.hidden = false;
  filter.addEventListener("change", (event) => {
    for (const row of document.querySelectorAll(`tr[data-${name}]`)) {
      row.hidden = event.target.value !== "" && row.dataset[name] !== event.target.value;
    }
  });
}
