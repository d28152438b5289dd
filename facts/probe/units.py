"""Which units run, in the shell's own words: systemctl takes longer to start than all of them."""

# What systemd keeps there for journald, a link that leads nowhere for each unit that has been
# started and is not dead (unit_export_invocation_id); without it systemctl has to be asked.
RUNS = r"""
may_run() {
  [ -d /run/systemd/units ] || return 0
  for unit in "$@"; do
    for link in /run/systemd/units/invocation:$unit; do [ ! -L "$link" ] || return 0; done
  done
  return 1
}
"""
