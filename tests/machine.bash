# shellcheck shell=bash
# A machine for tests: a fresh Debian in a directory, with systemd as its first process, in namespaces of its own. It
# has no network but its own loopback, its own /dev, and nothing of it is left when it ends. Only root can make one, and
# the kernel must let namespaces mount a control group. Who sources this sets MACHINE, the directory.

# The process of this system that is the first one of the machine; empty while it does not run.
FIRST=

# What a machine needs beside what every Debian has.
NEEDED_PACKAGES=systemd,systemd-sysv,dbus,ca-certificates,curl

# What a machine in a directory must not do, because it would do it to this system, or has no use for.
MASKED=(getty.target systemd-udevd.service systemd-udev-trigger.service systemd-sysctl.service
    systemd-modules-load.service systemd-random-seed.service systemd-update-utmp.service systemd-timesyncd.service
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer)

# make_machine SUITE: with the certificates that this system trusts, as a mirror may be behind one of them.
make_machine() {
    local unit own=/usr/local/share/ca-certificates
    debootstrap "--include=$NEEDED_PACKAGES" "$1" "$MACHINE" "${MIRROR:-http://deb.debian.org/debian}" \
        >"$MACHINE.log" 2>&1 || { tail -n 20 "$MACHINE.log" && return 1; }
    for unit in "${MASKED[@]}"; do
        ln -sf /dev/null "$MACHINE/etc/systemd/system/$unit"
    done
    mkdir -p "$MACHINE$own"
    cp /etc/resolv.conf "$MACHINE/etc/"
    [[ ! -d $own ]] || cp -r "$own/." "$MACHINE$own/"
}

# with_network COMMAND...: in the directory, as long as nothing of it runs, with the network of this system.
with_network() {
    # shellcheck disable=SC2016 # the shell that is started expands it
    unshare -m -p -f --kill-child bash -c 'mount -t proc proc "$1/proc" && exec chroot "$1" "${@:2}"' \
        bash "$MACHINE" "$@"
}

# Prints the script that prepares the namespaces and becomes systemd. Its argument is the directory.
boot_script() {
    cat <<'SCRIPT'
set -euo pipefail
cd "$1"
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"
done
mknod -m 666 dev/tty c 5 0
ln -s null dev/console
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "dev/${number#*:}"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ip link set lo up
exec chroot . env -i container=chroot PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
SCRIPT
}

is_booted() {
    [[ $(inside systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]
}

# boot: starts the machine, and waits until it is up.
boot() {
    local launcher i
    unshare -m -u -i -n -p -C -f --kill-child bash -c "$(boot_script)" bash "$MACHINE" \
        </dev/null >"$MACHINE.boot" 2>&1 &
    launcher=$!
    for ((i = 0; i < 600; i++)); do
        FIRST=$(pgrep -P "$launcher") || true
        [[ -z $FIRST ]] || ! is_booted || return 0
        kill -0 "$launcher" 2>/dev/null || break
        sleep 0.2
    done
    cat "$MACHINE.boot" >&2
    return 1
}

# inside COMMAND...: as root in the running machine.
inside() {
    nsenter -t "$FIRST" -m -u -i -n -p -C -r -w env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# halt: ends every process of the machine at once; its mounts end with it.
halt() {
    [[ -n $FIRST ]] || return 0
    kill -KILL "$FIRST" 2>/dev/null || true
    while kill -0 "$FIRST" 2>/dev/null; do sleep 0.1; done
    FIRST=
}

# remove_machine: nothing but the directory is left to remove, and what is mounted there would not be touched.
remove_machine() {
    halt
    rm -rf --one-file-system -- "$MACHINE" "$MACHINE.log" "$MACHINE.boot"
}
