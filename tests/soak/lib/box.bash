# shellcheck shell=bash
# A box for programs that want the places and ports of a whole machine: a mount, network and process namespace of their
# own, in which /etc, /srv and /var are copies that forget, /run is empty, and 127.0.0.1 is nobody else's. So nothing of
# the machine changes, no port of it is taken, and all that runs there ends with the box. It needs root.

# box COMMAND...: runs it in the box.
box() {
    nsenter -t "$(<"$STACK/box.pid")" -m -n -p -- "$@"
}

# box_run NAME COMMAND...: in the background, with its words in $STACK/NAME.log.
box_run() {
    local name=$1
    shift
    box "$@" >"$STACK/$name.log" 2>&1 </dev/null 3>&- 4>&- &
}

# box_write FILE [COMMAND...]: what comes in, or what the command prints, becomes this file of the box.
box_write() {
    local file=$1
    shift
    box mkdir -p "${file%/*}"
    "${@:-cat}" | box tee "$file" >/dev/null
}

# Makes the box, and waits until it is furnished. Its first process only waits; when it ends, so does all in the box.
box_new() {
    # shellcheck disable=SC2016 # for the shell in the box
    unshare --mount --net --pid --fork --mount-proc bash -c '
        set -e
        layers=$1/layers
        mkdir "$layers"
        mount -t tmpfs layers "$layers"
        for name in etc srv var; do
            mkdir "$layers/$name" "$layers/$name.work"
            mount -t overlay -o "lowerdir=/$name,upperdir=$layers/$name,workdir=$layers/$name.work" overlay "/$name"
        done
        mount -t tmpfs -o mode=1777 run /run
        ip link set lo up
        touch "$1/box.ready"
        exec tail -f /dev/null
    ' - "$STACK" >"$STACK/box.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/unshare.pid"
    wait_until 20 test -e "$STACK/box.ready" || { show_logs && return 1; }
    pgrep -P "$(<"$STACK/unshare.pid")" >"$STACK/box.pid"
}

box_down() {
    [[ -f ${STACK-}/box.pid ]] || return 0
    kill -KILL "$(<"$STACK/box.pid")" 2>/dev/null || true
    wait_until 20 dead "$(<"$STACK/unshare.pid")"
}
