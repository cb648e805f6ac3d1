#!/bin/sh
# Posts a line to a Slack channel for any hook of a sweep file:
#
#   hooks: {on_best: sh slack.sh, on_finish: sh slack.sh}
#
# SLACK_WEBHOOK_URL is the address of an incoming webhook. It is a secret: set it where agents run, not in the sweep file.
# Needs jq and curl.
set -eu
jq '
  def safe: tostring | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");
  def line: .best as $best |
    if $best == null then "no value yet"
    else "best \(.metric.name | safe) \($best.value) in trial \($best.trial) (\($best.params | safe))" end;
  def done: "\(.trials.done)" + (if .trials.limit == null then "" else "/\(.trials.limit)" end) + " trials";
  {text: (
    if .event == "on_finish" then "*\(.sweep.name | safe)* is over (\(.reason)): \(done), \(.trials.failed) failed, \(line)"
    elif .event == "on_best" then "*\(.sweep.name | safe)*: \(line), after \(done)"
    else "*\(.sweep.name | safe)*: trial \(.trial.trial) \(.trial.status), \(done)" end
    + (if .sweep.url == null then "" else " <\(.sweep.url)|page>" end)
  )}
' | curl -fsS --max-time 8 -H 'Content-Type: application/json' --data @- "$SLACK_WEBHOOK_URL"
