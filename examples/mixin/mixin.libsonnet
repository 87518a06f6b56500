// Rules, alerts and dashboards of examples/prometheus as a Prometheus mixin. Those of another configuration:
// print them into ../prometheus (or a copy of both folders) with `spendwarden rules ... --output`.
{
  _config+:: {
    job: 'spendwarden',  // the scrape job
    runbooks: 'docs/runbooks.md',  // where that is to be read
  },

  local config = self._config,
  local changed(text) = std.strReplace(
    std.strReplace(text, 'job="spendwarden"', 'job="%s"' % config.job),
    'docs/runbooks.md#',
    config.runbooks + '#'
  ),
  local dashboard(content) = content {
    templating+: {
      list: [
        if each.name == 'job' then each { current+: { text: [config.job], value: [config.job] } } else each
        for each in super.list
      ],
    },
  },

  prometheusRules+:: std.parseYaml(changed(importstr '../prometheus/spendwarden-rules.yaml')),
  prometheusAlerts+:: std.parseYaml(changed(importstr '../prometheus/spendwarden-alerts.yaml')),
  grafanaDashboards+:: {
    'spendwarden-cost.json': dashboard(import '../prometheus/spendwarden-cost.json'),
    'spendwarden-budgets.json': dashboard(import '../prometheus/spendwarden-budgets.json'),
    'spendwarden-attribution.json': dashboard(import '../prometheus/spendwarden-attribution.json'),
    'spendwarden-engine.json': dashboard(import '../prometheus/spendwarden-engine.json'),
  },
}
