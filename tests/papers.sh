#!/usr/bin/env bash
# Holds the papers to the code: problem codes, routes and pools, settings, commands, the version, links and anchors, the
# papers that comments name, and the tests that papers name. Prints what does not fit; exit 1 then. Needs build/sessiond
# (or SESSIOND) for the routes, and build/sessionctl (or SESSIONCTL) for the commands.
# shellcheck disable=SC2016  # in single quotes stand the backticks of Markdown
set -euo pipefail
cd "$(dirname "$0")/.."
SESSIOND=${SESSIOND:-build/sessiond}
SESSIONCTL=${SESSIONCTL:-build/sessionctl}

MOST_README_LINES=150
NAMED_TEST='`[a-z_]+(\.bats|_test\.cc): [^`]+`'
failures=0

complain() {
  echo "papers: $1"
  failures=$((failures + 1))
}

# require_words WHAT FILE WORD...: each stands in the file, as `code` does.
require_words() {
  local what=$1 file=$2 word
  shift 2
  (($# > 0)) || complain "$what: none found; this check looks in the wrong place"
  for word in "$@"; do
    grep -qF -- "\`$word\`" "$file" || complain "$file: $what $word is missing"
  done
}

# The words of an enum of openapi.yaml: its lines from the schema's name to the end of its list.
openapi_enum() {
  sed -nE "/^    $1:/,/^    [A-Z]/p" docs/openapi.yaml | sed -nE '/enum:$/,$s/^ +- ([a-z_]+)$/\1/p'
}

check_problems() {
  local codes=() fields=() known code
  mapfile -t codes < <({
    sed -nE 's/.*ProblemId::[a-z_]+, [0-9]{3}, "([a-z_]+)".*/\1/p' src/base/problem.h
    sed -nE 's/.*"code":"([a-z_]+)".*/\1/p' nginx/problems-map.conf
  } | sort -u)
  require_words "problem code" docs/front-end.md "${codes[@]}"
  known=$(openapi_enum ProblemCode)
  for code in "${codes[@]}"; do
    grep -qxF -- "$code" <<<"$known" || complain "docs/openapi.yaml: problem code $code is missing"
  done
  while IFS= read -r code; do
    [[ " ${codes[*]} " == *" $code "* ]] || complain "docs/front-end.md: no source has the problem code $code"
  done < <(sed -nE 's/^\| `([a-z_]+)` \| [0-9]{3} \|.*/\1/p' docs/front-end.md)
  mapfile -t fields < <(openapi_enum FieldError)
  require_words "field code" docs/front-end.md "${fields[@]}"
}

# compare FILE WHAT WANTED FOUND: two lists, one entry a line, each without order.
compare() {
  local file=$1 what=$2 entry
  while IFS= read -r entry; do
    [[ -z $entry ]] || complain "$file: $what $entry is missing"
  done < <(comm -23 <(sort <<<"$3") <(sort <<<"$4"))
  while IFS= read -r entry; do
    [[ -z $entry ]] || complain "$file: there is no $what $entry"
  done < <(comm -13 <(sort <<<"$3") <(sort <<<"$4"))
}

# The table of routes in front-end.md, and the routes in the rows of the table of pools in design.md.
check_routes() {
  local routes route='`(GET|POST|PUT|PATCH|DELETE) /[^` ]*`' in_pools='' pool
  routes=$("$SESSIOND" -r 2>/dev/null) || routes=
  [[ -n $routes ]] || complain "$SESSIOND -r prints no routes; build it first: make"
  compare docs/front-end.md route "$(cut -d ' ' -f 1,2 <<<"$routes")" \
    "$(grep -oE "^\| $route \|" docs/front-end.md | tr -d '|`' | sed 's/^ *//; s/ *$//')"
  for pool in check write password; do
    in_pools+=$(grep -E "^\| $pool \|" docs/design.md | grep -oE "$route" | tr -d '`' | sed "s/\$/ $pool/")$'\n'
  done
  compare docs/design.md route "$(cut -d ' ' -f 1-3 <<<"$routes")" "${in_pools%$'\n'}"
}

# A line for each pool of the source: name, workers a core, at least, niceness, accepts a turn, cleans up.
pools() {
  awk -F '[=,}]' '
    { value = $2; gsub(/[" ]/, "", value) }
    /\.name = / { name = value }
    /\.workers_per_core = / { workers = value }
    /\.fewest_workers = / { least = value }
    /\.niceness = / { nice = value }
    /\.cleans_up = / { cleans = value == "true" ? "yes" : "no" }
    /\.accepts_a_turn = / { print name, workers, least, nice, value, cleans }' src/base/pools.h
}

check_pools() {
  local numbers='([0-9.]+) \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \| (yes|no) \|$'
  compare docs/design.md "row of numbers" "$(pools)" \
    "$(sed -nE "s/^\| (check|write|password) \|.*\| $numbers/\1 \2 \3 \4 \5 \6/p" docs/design.md)"
}

check_settings() {
  local names=() name
  mapfile -t names < <(sed -nE 's/^#?([A-Z][A-Z0-9_]*)=.*/\1/p' env.sample)
  ((${#names[@]} > 0)) || complain "env.sample has no settings"
  for name in "${names[@]}"; do
    grep -qE "^\.It Ev $name( |\$)" docs/sessiond.8 || complain "docs/sessiond.8: setting $name is missing"
  done
}

# Of each command of sessionctl, its paragraph in the manual, with an example.
check_commands() {
  local commands manual
  commands=$("$SESSIONCTL" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*( [a-z][a-z-]*)?)  .*/\1/p') || commands=
  [[ -n $commands ]] || complain "$SESSIONCTL --help prints no commands; build it first: make"
  manual=$(sed -nE 's/^\.It Ic ([a-z][a-z-]*( [a-z][a-z-]*)?)( [A-Z].*)?$/\1/p' docs/sessionctl.8)
  compare docs/sessionctl.8 command "$commands" "$manual"
  compare docs/sessionctl.8 "example of" "$commands" \
    "$(awk '/^\.It Ic / { name = $3; if ($4 ~ /^[a-z]/) name = name " " $4 } /^\.Dl .*sessionctl / && index($0, "sessionctl " name) { print name }' docs/sessionctl.8)"
}

# The events that the operator's program logs. (What the service logs is compared with what it has logged, in logs.bats.)
check_events() {
  local events
  mapfile -t events < <(find src/ctl -name '*.cc' -exec cat {} + | tr '\n' ' ' |
    grep -oE '(desk\.log\(|change_user\(desk, [a-z]+, |kEvent = ) *"[a-z_]+"' | cut -d '"' -f 2 | sort -u)
  require_words event docs/operations.md "${events[@]}"
}

check_version() {
  local version
  version=$(sed -nE 's/.*kVersion = "([^"]+)".*/\1/p' src/base/version.h)
  [[ -n $version ]] || complain "src/base/version.h says no version"
  grep -qE "^  version: \"?${version//./\\.}\"?\$" docs/openapi.yaml ||
    complain "docs/openapi.yaml: info.version is not $version"
  local manual
  for manual in docs/sessiond.8 docs/sessionctl.8; do
    grep -qF -- "sessiond $version" "$manual" || complain "$manual: 'sessiond $version' is missing, as in .Os"
  done
}

check_readme() {
  local lines
  lines=$(wc -l <README.md)
  ((lines <= MOST_README_LINES)) || complain "README.md has $lines lines, more than $MOST_README_LINES"
}

# The anchors of a paper: its headings as hosts of repositories name them, and <a id="...">.
anchors() {
  awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ +/, ""); print }' "$1" |
    sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g; s/[`*]//g' | tr '[:upper:]' '[:lower:]' |
    sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
  grep -oE '<a id="[^"]+"' "$1" | cut -d '"' -f 2 || true
}

# The targets of links and images of a paper, outside of code.
targets() {
  awk '/^```/ { code = !code } !code && !/^    /' "$1" | sed -E 's/\x60[^\x60]*\x60//g' |
    grep -oE '\]\([^)]+\)|<img [^>]*src="[^"]+"' | sed -E 's/^\]\(//; s/\)$//; s/.*src="([^"]+)"/\1/' || true
}

check_links() {
  local paper target file anchor
  for paper in *.md docs/*.md; do
    while IFS= read -r target; do
      [[ ! $target =~ ^(https?|mailto): ]] || continue
      file=${target%%#*}
      anchor=${target#"$file"}
      file=${file:+$(dirname "$paper")/$file}
      file=${file:-$paper}
      if [[ ! -e $file ]]; then
        complain "$paper: the link $target leads nowhere"
      elif [[ -n $anchor ]] && ! anchors "$file" | grep -qxF -- "${anchor#\#}"; then
        complain "$paper: the link $target has no such heading"
      fi
    done < <(targets "$paper")
  done
}

# What comments name: docs/NAME is a file, or a directory when the name ends so, whatever punctuation follows; and a
# numbered row, as in "docs/security.md, F9 to F11", has its anchor.
check_references() {
  local place paper reference number
  while IFS= read -r place; do
    reference=${place#*:*:}
    paper=${reference%%,*}
    paper=${paper%.}
    if [[ ! -e $paper ]]; then
      complain "${place%:*}: $paper is no file"
      continue
    fi
    for number in $(grep -oE '\b[FTN][0-9]+\b' <<<"$reference" || true); do
      grep -qF -- "<a id=\"${number,,}\">" "$paper" || complain "${place%:*}: $paper has no row $number"
    done
  done < <(grep -rnoE '\bdocs/[A-Za-z0-9._-]*(, [FTN][0-9]+( to [FTN][0-9]+)?)?' src nginx scripts)
}

# Whatever paper a comment names is in the repository.
check_named_papers() {
  local place name
  while IFS= read -r place; do
    name=${place##*:}
    name=${name#ROOT/}
    name=${name#usr/share/doc/sessiond/}
    [[ -e $name || -e docs/$name ]] || complain "$place: there is no such paper"
  done < <(grep -rnoE '\b[A-Za-z][A-Za-z0-9_/-]*\.md\b' --exclude-dir=node_modules src nginx scripts sql tests Makefile .ci)
}

# The requirements of ASVS 5.0, V6 and V7, of level 1 and of level 2: number and level.
requirements() {
  printf '%s 1\n' 6.1.1 6.2.{1..8} 6.3.{1,2} 6.4.{1,2} 7.2.{1..4} 7.4.{1,2}
  printf '%s 2\n' 6.1.{2,3} 6.2.{9..12} 6.3.{3,4} 6.4.{3,4} 6.5.{1..5} 6.6.{1..3} 6.8.{1..4} \
    7.1.{1..3} 7.3.{1,2} 7.4.{3..5} 7.5.{1,2} 7.6.{1,2}
}

# Each requirement has one row in asvs.md. One that holds, even in part, names a test; the others have a reason.
check_asvs() {
  local row
  compare docs/asvs.md requirement "$(requirements)" \
    "$(sed -nE 's/^\| ([0-9.]+) \| ([0-9]) \|.*/\1 \2/p' docs/asvs.md)"
  while IFS= read -r row; do
    grep -qE "^([^|]*\|){4} ((holds|in part) \|.*$NAMED_TEST.*|(no|not built) \| [^|]+) \|\$" <<<"$row" ||
      complain "docs/asvs.md: requirement$(cut -d "|" -f 2 <<<"$row")has no state, or no test or reason for it"
  done < <(grep -E '^\| [0-9.]+ \|' docs/asvs.md)
}

# A test that a paper names, as `file.bats: name` or `file_test.cc: Suite.Name`, is there.
check_named_tests() {
  local place paper file name
  while IFS= read -r place; do
    paper=${place%%:*}
    file=${place#*:\`}
    name=${file#*: }
    name=${name%\`}
    file=${file%%: *}
    case $file in
      *.bats) grep -qsxF -- "@test \"$name\" {" "tests/integration/$file" ;;
      *) grep -qsE -- "^TEST(_F|_P)?\(${name/./, }\) " "tests/unit/$file" ;;
    esac || complain "$paper: $file has no test $name"
  done < <(grep -oHE -- "$NAMED_TEST" *.md docs/*.md)
}

check_problems
check_routes
check_pools
check_settings
check_commands
check_events
check_version
check_readme
check_links
check_references
check_named_papers
check_asvs
check_named_tests

if ((failures > 0)); then
  echo "0 passed, 1 failed"
  exit 1
fi
echo "1 passed, 0 failed"
