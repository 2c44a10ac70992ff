# shellcheck shell=bash disable=SC2153  # those who source it set PARTS and SITES
# Puts the parts and the pages that scripts/render-nginx has made into their places. Whenever that ends, nginx finds the
# pages of before or the new ones; and the parts of before, the new ones, or such as it does not accept. Needs lib.sh,
# and PARTS and SITES, the directories of the parts and of the pages.

# Makes room for new parts and pages. A rendering to the same place waits until this one has ended. What one that was
# killed has left is removed.
begin_rendering() {
    mkdir -p -- "$PARTS" "$SITES"
    hold_lock "$PARTS/.lock" "another rendering to $PARTS"
    trap give_up EXIT
    discard_unused
    mkdir -- "$PARTS/.new"
}

# At the end of a rendering that has failed: says what it leaves.
give_up() {
    discard_unused
    if [[ -e $PARTS/http.conf ]]; then
        say "${0##*/}: nothing has changed in $PARTS" >&2
    else
        say "${0##*/}: $PARTS is not complete, and nginx does not start with it:" \
            "make right what is named above, and run this again" >&2
    fi
}

# Prints which of pages.1 and pages.2 the link `pages` does not lead to. The pages lie in one of them, because only a
# link can be replaced at one stroke.
spare_pages() {
    if [[ $(readlink -- "$SITES/pages") == pages.1 ]]; then echo pages.2; else echo pages.1; fi
}

# Removes new parts that are not complete, and the pages to which the link does not lead.
discard_unused() {
    rm -rf -- "${PARTS:?}/.new" "${SITES:?}"/{pages.new,"$(spare_pages)"}
}

# Has the link lead to the new pages. Those of an earlier version are no link but a directory, which has to give way
# first: if this script is killed at that one moment, the pages are missing until the next rendering.
replace_pages() {
    ln -s -- "$(spare_pages)" "$SITES/pages.new"
    [[ -L $SITES/pages || ! -e $SITES/pages ]] || mv -- "$SITES/pages" "$SITES/pages.2"
    mv -T -- "$SITES/pages.new" "$SITES/pages"
}

# Files of the parts that earlier versions made and this one does not. A site that still includes one would ask for the
# guard in a way that is no longer answered, so without them nginx refuses its configuration and names the file.
FORMER_PARTS=(guard-proxy.conf guard-fastcgi.conf guard-static.conf)

remove_former() {
    local name
    for name in "${FORMER_PARTS[@]}"; do
        [[ -e $PARTS/$name || -L $PARTS/$name ]] || continue
        rm -f -- "$PARTS/$name"
        say "warning: removed $PARTS/$name of an earlier version:" \
            "sites that include it must include sessiond/guard.conf in its place" >&2
    done
}

# Prints by which scripts the parts are made, and the files of the parts and of the pages as sha256sum has them, by the
# names that they will have. Only parts that stand beside their pages have such a record.
record_parts() {
    say "# made by $ROOT"
    (cd -- "$PARTS/.new" && find . -type f ! -name .rendered -exec sha256sum -- {} +)
    (cd -- "$SITES/$(spare_pages)" && find . -type f -exec sha256sum -- {} + | sed 's,  \./,  ./pages/,')
}

# Prints the files that are not as they were written last. A rendering that was not completed is nobody's change, and
# neither is a file that is missing.
changed_parts() {
    [[ -e $PARTS/http.conf && -e $PARTS/.rendered ]] || return 0
    { (cd -- "$PARTS" && LC_ALL=C sha256sum -c --ignore-missing --quiet .rendered 2>/dev/null) || true; } |
        sed -nE 's,^\./(.*): FAILED.*,\1,p'
}

# Prints by which scripts the parts were made; nothing when that is not known.
parts_maker() {
    sed -n '1s/^# made by //p' -- "$PARTS/.rendered" 2>/dev/null || true
}

# Dies where a rendering would replace what was changed by hand, or made by other scripts, such as those of a checkout,
# whose service listens elsewhere.
require_unchanged() {
    local changed maker
    maker=$(parts_maker)
    [[ ! -e $PARTS/http.conf || -n $maker ]] ||
        die "nothing was written to $PARTS, because nothing tells who made the files there:" \
            "without --unless-changed they are replaced"
    [[ ! -e $PARTS/http.conf || $maker == "$ROOT" ]] ||
        die "nothing was written to $PARTS, because the scripts of $maker made the files there:" \
            "without --unless-changed they are replaced"
    changed=$(changed_parts | xargs)
    [[ -z $changed ]] ||
        die "nothing was written to $PARTS, because these files there were changed by hand: $changed." \
            "Without --unless-changed they are replaced, and kept in $PARTS/changed"
}

# Says what somebody has changed by hand, and keeps it.
keep_changed() {
    local changed
    mapfile -t changed < <(changed_parts)
    ((${#changed[@]} > 0)) || return 0
    mkdir -p -- "$PARTS/changed"
    (cd -- "$PARTS" && cp -pL --parents -t changed -- "${changed[@]}")
    say "warning: replaced files that were changed by hand, and kept them in $PARTS/changed: ${changed[*]}" >&2
}

# Puts the new parts and pages in their places, http.conf first away and last back. nginx does not start without it, so
# that neither an end in between nor a reload opens what an old and a new part would guard together. The disk has each
# file before its name, because an empty guard.conf guards nothing.
replace_parts() {
    local part parts=()
    find "$PARTS/.new" "$SITES/$(spare_pages)" -type f -exec sync -- {} +
    [[ $PARTS != "$SITES" ]] || keep_changed
    record_parts >"$PARTS/.new/.rendered"
    rm -f -- "$PARTS/http.conf"
    remove_former
    replace_pages
    rm -rf -- "$PARTS/group"
    for part in "$PARTS"/.new/*; do
        [[ $part == */http.conf ]] || parts+=("$part")
    done
    mv -- "${parts[@]}" "$PARTS/"
    mv -- "$PARTS/.new/.rendered" "$PARTS/"
    mv -- "$PARTS/.new/http.conf" "$PARTS/"
    trap - EXIT
    discard_unused
}
