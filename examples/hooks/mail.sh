#!/bin/sh
# Sends a mail for any hook of a sweep file, most likely for its end:
#
#   hooks: {on_finish: [sh, mail.sh, me@example.org]}
#
# Needs jq and a `sendmail`, as every mail server has one (msmtp, too).
set -eu
to=$1
jq -r --arg to "$to" '
  def one_line: tostring | gsub("[\\r\\n]"; " ");
  "To: \($to | one_line)",
  "Subject: [sweep] \(.sweep.name | one_line): \(if .event == "on_finish" then "over" else .event end)",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "\(.trials.done) trials done, \(.trials.failed) failed.",
  (if .best == null then "No value yet." else
    "Best \(.metric.name | one_line): \(.best.value) in trial \(.best.trial)", "  \(.best.params | one_line)" end),
  (if .sweep.url == null then "Store: \(.sweep.tracking_uri)" else "Page: \(.sweep.url)" end)
' | sendmail -t -i
