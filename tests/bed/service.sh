# shellcheck shell=bash
# What the scripts share that run until they are ended: one of each name, its mark in DIR/NAME.mark, its log in DIR/NAME.log.
# Sourced after lib.sh.

# service SCRIPT NAME ACT BACKGROUND ONCE ARGUMENT...: does the act (stop, pause, resume or none) or starts the script in the
# background, and ends; or prepares to run here
service() {
    local script=$1 act=$3 background=$4 once=$5 child n
    SERVICE=$BED_DIR/$2
    shift 5
    case $act in
    stop)
        if service_runs; then process_end "$(cat "$SERVICE.mark")" 10; fi
        rm -f "$SERVICE.mark"
        exit 0
        ;;
    pause)
        touch "$SERVICE.paused"
        flock "$SERVICE.round" true # until the round that goes on is over
        exit 0
        ;;
    resume) rm -f "$SERVICE.paused"; exit 0 ;;
    esac
    [ -n "$once" ] || ! service_runs || die "one runs for $BED_DIR already; end it with --stop"
    if [ -n "$background" ]; then
        setsid "$BED_HOME/$script" "$BED_DIR" "$@" >>"$SERVICE.log" 2>&1 </dev/null 9>&- &
        child=$!
        for ((n = 0; n < 200; n++)); do
            ! service_runs || exit 0
            kill -0 "$child" 2>/dev/null || break
            sleep 0.02
        done
        die "it did not start; see $SERVICE.log"
    fi
    trap 'exit 130' INT
    trap 'exit 143' TERM
    [ -z "$once" ] || return 0
    process_mark $$ >"$SERVICE.mark"
    SERVICE_NAP=''
    trap 'rm -f "$SERVICE.mark"; [ -z "$SERVICE_NAP" ] || kill "$SERVICE_NAP" 2>/dev/null || true' EXIT
}
service_runs() { [ -e "$SERVICE.mark" ] && process_lives "$(cat "$SERVICE.mark")"; }

# service_loop SECONDS: round() again and again
service_loop() {
    exec 6>"$SERVICE.round"
    while :; do
        flock 6
        if [ ! -e "$SERVICE.paused" ]; then round || say "this round failed; the next one tries again"; fi
        flock -u 6
        sleep "$1" & # waited for, so that a signal ends the pause
        SERVICE_NAP=$!
        wait $SERVICE_NAP
    done
}
