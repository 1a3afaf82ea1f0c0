(function () {
  "use strict";
  var slider = document.getElementById("share");
  if (!slider) return;
  var output = document.getElementById("share-text");
  var edges = Array.prototype.slice.call(document.querySelectorAll("g.edge"));
  var nodes = Array.prototype.slice.call(document.querySelectorAll("g.node"));
  function show() {
    var most = Number(slider.value), seen = {}, count = 0, sum = 0, all = 0, total = 0;
    edges.forEach(function (edge) {
      var on = Number(edge.dataset.rank) < most;
      edge.classList.toggle("off", !on);
      var times = Number(edge.dataset.count);
      all += times;
      total += times > 0 ? 1 : 0;
      if (on) {
        seen[edge.dataset.from] = seen[edge.dataset.to] = true;
        count += times > 0 ? 1 : 0;
        sum += times;
      }
    });
    nodes.forEach(function (node) {
      node.classList.toggle("off", !seen[node.dataset.node]);
    });
    var text = count + " of " + total + " edges, " + Math.floor(100 * sum / Math.max(all, 1)) + "% of what they count";
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }
  slider.addEventListener("input", show);
  show();
})();
