// Rules, alerts and dashboards of examples/prometheus as a Prometheus mixin. Those of another configuration:
// print them into ../prometheus (or a copy of both folders) with `spendwarden rules ... --output`.
{
  _config+:: {
    job: 'spendwarden',  // the scrape job
    runbooks: null,  // the URL of docs/runbooks.md where you have it: each alert then points to its part
  },

  local config = self._config,
  local changed(text) = std.parseYaml(std.strReplace(text, 'job="spendwarden"', 'job="%s"' % config.job)),
  local pointing(rule) = rule {
    annotations+: if config.runbooks == null then {} else {
      runbook_url: '%s#%s' % [config.runbooks, std.asciiLower(rule.alert)],
    },
  },
  local dashboard(content) = content {
    templating+: {
      list: [
        if each.name == 'job' then each { current+: { text: [config.job], value: [config.job] } } else each
        for each in super.list
      ],
    },
  },

  prometheusRules+:: changed(importstr '../prometheus/spendwarden-rules.yaml'),
  prometheusAlerts+:: {
    groups: [
      group { rules: std.map(pointing, group.rules) }
      for group in changed(importstr '../prometheus/spendwarden-alerts.yaml').groups
    ],
  },
  grafanaDashboards+:: {
    'spendwarden-cost.json': dashboard(import '../prometheus/spendwarden-cost.json'),
    'spendwarden-budgets.json': dashboard(import '../prometheus/spendwarden-budgets.json'),
    'spendwarden-attribution.json': dashboard(import '../prometheus/spendwarden-attribution.json'),
    'spendwarden-engine.json': dashboard(import '../prometheus/spendwarden-engine.json'),
  },
}
