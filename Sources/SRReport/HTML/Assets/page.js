"use strict";

/* Without this script, the page shows everything but the sliders and the values under the pointer. */
(() => {
  document.documentElement.classList.remove("no-script");

  const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);

  /* The legend: each box shows or hides the lines of a run or of a part. */
  const boxes = [...document.querySelectorAll(".legend input")];
  const lines = [...document.querySelectorAll(".plot .line")];
  const isOn = (key, value) => boxes.every((box) => box.dataset[key] !== value || box.checked);
  const showLines = () => {
    for (const line of lines) {
      const part = ["train", "valid", "baseline"].find((name) => line.classList.contains(name));
      const shown = isOn("part", part) && (part === "baseline" || isOn("run", line.dataset.run));
      line.classList.toggle("off", !shown);
    }
  };
  for (const box of boxes) box.addEventListener("change", showLines);
  /* A browser may restore boxes when it reloads a page. */
  showLines();

  /* The values under the pointer. */
  for (const plot of document.querySelectorAll(".plot")) {
    const svg = plot.querySelector("svg");
    const cursor = plot.querySelector(".cursor");
    const tip = plot.querySelector(".tip");
    const curves = [...plot.querySelectorAll(".line")].map((line) => {
      const words = (key) => line.dataset[key].split(" ");
      return { line, name: line.dataset.name, epochs: words("epochs"), values: words("values"), x: words("x").map(Number) };
    });
    const hide = () => {
      tip.hidden = true;
      cursor.classList.remove("on");
    };
    const show = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
      const shown = curves.filter((curve) => !curve.line.classList.contains("off"));
      const distances = shown.flatMap((curve) => curve.x.map((x, index) => [Math.abs(x - place), x, curve.epochs[index]]));
      if (distances.length === 0) return hide();
      const [, x, epoch] = distances.reduce((best, next) => (next[0] < best[0] ? next : best));
      tip.replaceChildren(element("p", { className: "epoch", textContent: `epoch ${epoch}` }));
      for (const curve of shown) {
        const index = curve.epochs.indexOf(epoch);
        if (index < 0) continue;
        const row = element("p");
        row.append(element("span", { textContent: curve.name }), element("b", { textContent: curve.values[index] }));
        tip.append(row);
      }
      tip.hidden = false;
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, x);
      cursor.classList.add("on");
      /* To the right of the cursor, else to its left, and always within the plot. */
      const scale = plot.clientWidth / svg.viewBox.baseVal.width;
      const right = x * scale + 12;
      const fits = right + tip.offsetWidth <= plot.clientWidth;
      tip.style.left = `${fits ? right : Math.max(0, x * scale - 12 - tip.offsetWidth)}px`;
    };
    svg.addEventListener("pointermove", show);
    svg.addEventListener("pointerdown", show);
    svg.addEventListener("pointerleave", hide);
  }

  /* The comparisons with a slider. */
  const choice = document.querySelector(".choice");
  if (choice === null) return;
  const isOfRun = (version) => !["LR", "bicubic", "HR"].includes(version);
  const faces = [...document.querySelectorAll(".face")].map((face) => {
    const versions = new Map();
    for (const figure of face.querySelectorAll("[data-version]")) versions.set(figure.dataset.version, figure);
    const name = face.querySelector("h3").textContent;
    const stage = element("div", { className: "stage" });
    const under = element("img", { alt: "" });
    const over = element("img", { alt: "", className: "over" });
    const handle = element("span", { className: "handle" });
    const left = element("span", { className: "label left" });
    const right = element("span", { className: "label right" });
    const slider = element("input", { type: "range", min: 0, max: 100, step: 1, value: 50 });
    slider.setAttribute("aria-label", `${name}: how much of the left picture is shown`);
    const move = () => {
      stage.style.setProperty("--split", `${slider.value}%`);
      slider.setAttribute("aria-valuetext", `${slider.value} % ${left.textContent}, the rest ${right.textContent}`);
    };
    slider.addEventListener("input", move);
    stage.append(under, over, handle, left, right, slider);
    face.querySelector(".versions").before(stage);
    const set = (image, label, version) => {
      const figure = versions.get(version);
      const source = figure.querySelector("img");
      image.src = source.src;
      image.width = source.width;
      image.height = source.height;
      image.classList.toggle("pixels", source.classList.contains("pixels"));
      const psnr = figure.dataset.psnr;
      label.textContent = psnr === undefined ? version : `${version} ${psnr}\u00a0dB`;
    };
    /* Runs with other data have other samples, which lack this run's versions. */
    const own = (version) => (versions.has(version) ? version : [...versions.keys()].find(isOfRun));
    return {
      versions,
      show(leftVersion, rightVersion) {
        set(over, left, own(leftVersion));
        set(under, right, own(rightVersion));
        move();
      },
    };
  });
  if (faces.length === 0) return;

  const names = [...new Set(faces.flatMap((face) => [...face.versions.keys()]))];
  const [leftChoice, rightChoice] = ["left", "right"].map((side) => choice.querySelector(`[data-side=${side}]`));
  for (const select of [leftChoice, rightChoice]) {
    select.append(...names.map((name) => element("option", { value: name, textContent: name })));
    select.autocomplete = "off";
  }
  leftChoice.value = names.includes("bicubic") ? "bicubic" : names[0];
  rightChoice.value = names.find(isOfRun) ?? names[names.length - 1];
  const show = () => {
    for (const face of faces) face.show(leftChoice.value, rightChoice.value);
  };
  for (const select of [leftChoice, rightChoice]) select.addEventListener("change", show);
  choice.hidden = false;
  show();
})();
