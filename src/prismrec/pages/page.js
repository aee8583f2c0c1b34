
// A click on a heading sorts its table; without this script every table is as it was written.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const value = (row, place) => {
    const cell = row.cells[place];
    const number = parseFloat(cell.dataset.value ?? "");
    return Number.isNaN(number) ? cell.textContent.trim() : number;
  };
  heads.forEach((head, place) => {
    if (head.classList.contains("plot")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, two) => {
        const a = value(one, place), b = value(two, place);
        const order = typeof a === "number" && typeof b === "number"
          ? a - b : String(a).localeCompare(String(b));
        return falls ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
