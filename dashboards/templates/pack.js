(function () {
  "use strict";
  var config = JSON.parse(document.getElementById("chart-config").textContent);
  document.querySelectorAll("script[data-chart]").forEach(function (source) {
    var chart = JSON.parse(source.textContent);
    var place = document.getElementById(source.dataset.chart);
    chart.layout.autosize = true;
    delete chart.layout.width;
    Plotly.newPlot(place, chart.data, chart.layout, config);
  });
  var links = document.querySelectorAll("nav a");
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) { return; }
      links.forEach(function (link) {
        link.toggleAttribute("aria-current", link.hash === "#" + entry.target.id);
      });
    });
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section").forEach(function (section) { seen.observe(section); });
})();
