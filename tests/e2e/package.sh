#!/usr/bin/env bash
# The Debian packages of this build: what is in them, an installation into a folder, what runs there, three shells that
# complete, and the library's example, built against what was installed, with pkg-config and with CMake.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
ROOT=$WORK/root
# shellcheck disable=SC2034 # lib.sh's
LOGS=("$WORK/said")
sanitized=''
if grep -q '^CAUSEWAY_SANITIZE:BOOL=ON' "$BUILD/CMakeCache.txt"; then sanitized=-fsanitize=address,undefined; fi

# quiet COMMAND…: what it says is shown when a case fails
quiet() { "$@" >>"$WORK/said" 2>&1; }
# has COMMAND NAME: whether there is such a program; otherwise the case is skipped
has() { command -v "$1" >/dev/null || { echo "skip $2: no $1" && false; }; }
# none NAME TEXT: a case that holds when TEXT is empty
none() { equal "$1" '' "$2"; }

# --- the packages
# a sanitizer's program is large: what is only tried is not squeezed
check packages__made quiet cpack --config "$BUILD/CPackConfig.cmake" ${sanitized:+-D CPACK_DEBIAN_COMPRESSION_TYPE=gzip} -B "$WORK/made"
deb=$(echo "$WORK"/made/causeway_*.deb) dev=$(echo "$WORK"/made/libcauseway-proofs-dev_*.deb)
version=$("$CAUSEWAY" version --json | jq -r .version)
equal package__version "$version" "$(dpkg-deb -f "$deb" Version)"
equal library__version "$version" "$(dpkg-deb -f "$dev" Version)"
depends=$(dpkg-deb -f "$deb" Depends)
for library in libc6 libcjson1 libcurl4 libmicrohttpd12 libseccomp2 libsecp256k1-1 libsqlite3-0 libssl3; do
    check "package__depends_on_$library" grep -qE "(^| )$library( |,|$)" <<<"$depends"
done
equal library__depends 'libc6-dev, libsecp256k1-dev' "$(dpkg-deb -f "$dev" Depends)"
equal package__conffiles /etc/default/causeway "$(dpkg-deb -I "$deb" conffiles)"
for package in "$deb" "$dev"; do
    name=$(dpkg-deb -f "$package" Package)
    none "${name}__all_of_root" "$(dpkg-deb -c "$package" | grep -v ' root/root ')"
    none "${name}__nothing_writable_or_setuid" "$(dpkg-deb -c "$package" | grep -vE '^(d|-)(rwxr-xr-x|rw-r--r--) |^l')"
    dpkg-deb -x "$package" "$ROOT"
done
# Sanitizers keep the names of source files in what they watch over. long_package.sh has a release build, and lintian.
naming=$(grep -rlF -e "$REPO" -e "$BUILD" -e "$WORK" "$ROOT" || true)
[ -z "$sanitized" ] || naming=$(grep -vE '/bin/causeway$|/libcauseway_proofs\.a$' <<<"$naming" || true)
none no_path_of_this_machine "$naming"
if [ -z "$sanitized" ] && has lintian packages__lintian; then
    check packages__lintian quiet lintian --fail-on error,warning --no-tag-display-limit "$deb" "$dev"
fi

# --- what is in them
wanted() {
    cat <<WANTED
etc/default/causeway
usr/bin/causeway
usr/include/causeway/op_withdrawal.h
usr/lib/libcauseway_proofs.a
usr/lib/cmake/causeway_proofs/causeway_proofsConfig.cmake
usr/share/pkgconfig/causeway_proofs.pc
usr/lib/sysusers.d/causeway.conf
usr/lib/tmpfiles.d/causeway.conf
usr/share/bash-completion/completions/causeway
usr/share/fish/vendor_completions.d/causeway.fish
usr/share/zsh/vendor-completions/_causeway
usr/share/man/man1/causeway.1.gz
usr/share/man/man5/causeway.json.5.gz
usr/share/doc/causeway/README.md
usr/share/doc/causeway/copyright
usr/share/doc/causeway/examples/opstack.json
usr/share/doc/libcauseway-proofs-dev/examples/withdrawal.c
WANTED
    (cd "$REPO/config" && find . -maxdepth 1 -name '*.json' && find examples prometheus grafana -type f) |
        sed 's|^\(\./\)\?|usr/share/causeway/|'
    (cd "$REPO/config/systemd" && find . -type f) | sed 's|^\.|usr/lib/systemd/system|'
}
missing=$(wanted | while read -r file; do [ -e "$ROOT/$file" ] || echo "$file"; done)
none contents__whole "$missing"
# what documents say of each other is there
none documentation__links "$(cd "$ROOT/usr/share/doc/causeway" && grep -ohE '\]\([^)#:]+\.md' README.md | sed 's/^](//' | sort -u |
    while read -r link; do [ -e "$link" ] || echo "$link"; done)"

# --- the program, the examples, the manual
PATH=$ROOT/usr/bin:$PATH
equal installed__runs "causeway $version" "$(causeway version | head -n 1)"
for example in "$ROOT"/usr/share/causeway/examples/*.json; do
    check "example_$(basename "$example" .json)__good" quiet causeway check-config --no-keys --config "$example"
done
mkdir "$WORK/man"
for page in man1/causeway.1 man5/causeway.json.5; do
    name=${page#*/}
    # mandoc looks for the section in the path
    gunzip -c "$ROOT/usr/share/man/$page.gz" >"$WORK/man/$name" || true
    if has mandoc "manual_${name}__clean"; then none "manual_${name}__clean" "$(cd "$WORK/man" && mandoc -T lint "$name")"; fi
    if has man "manual_${name}__no_warning"; then
        none "manual_${name}__no_warning" "$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$WORK/man/$name" 2>&1 >/dev/null)"
    fi
done
none man_of_each_command "$(causeway completions -- '' | cut -f 1 | while read -r command; do
    zgrep -qx "\.SS ${command//-/\\\\-}" "$ROOT/usr/share/man/man1/causeway.1.gz" || echo "$command"
done)"

# --- completions, in real shells
cp "$ROOT/usr/share/causeway/examples/opstack.json" "$WORK/causeway.json"
complete_bash() {
    (cd "$WORK" && bash --norc -c '. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "$(complete -p causeway | sed -E "s/.*-F (\S+) .*/\1/")" causeway "${COMP_WORDS[COMP_CWORD]}"
        printf "%s\n" "${COMPREPLY[@]}"' - "$ROOT/usr/share/bash-completion/completions/causeway" "$@")
}
equal bash__command 'check-config' "$(complete_bash causeway check)"
equal bash__option '--condition --config' "$(complete_bash causeway messages --con | sort | xargs)"
equal bash__value 'ready' "$(complete_bash causeway messages --condition = r)"
equal bash__subcommand 'silence' "$(complete_bash causeway alerts si)"
equal bash__route 'op-deposits op-withdrawals' "$(complete_bash causeway hold op | sort | xargs)"
equal bash__file 'causeway.json' "$(complete_bash causeway status --config causeway.j)"
complete_fish() {
    (cd "$WORK" && HOME=$WORK fish --no-config -c "source $ROOT/usr/share/fish/vendor_completions.d/causeway.fish; complete -C '$1'" | cut -f 1)
}
if has fish fish__completes; then
    equal fish__command 'check-config' "$(complete_fish 'causeway check')"
    equal fish__value '--condition=ready' "$(complete_fish 'causeway messages --condition=r')"
    equal fish__route 'op-deposits op-withdrawals' "$(complete_fish 'causeway hold op' | sort | xargs)"
    equal fish__file 'causeway.json' "$(complete_fish 'causeway status --config causeway.j')"
fi
# What stands on the line after a tab, in a zsh on a terminal of its own: ^T writes it down.
cat >"$WORK/zshrc" <<'ZSHRC'
PS1=
unsetopt prompt_sp
fpath=($ZSH_FOLDER $fpath)
autoload -U compinit
compinit -u -D
show() { print -r -- "$BUFFER" >line }
zle -N show
bindkey '^T' show
touch ready
ZSHRC
complete_zsh() {
    rm -f "$WORK/ready" "$WORK/line"
    # shellcheck disable=SC2016 # they are zsh's
    (cd "$WORK" && HOME=$WORK ZSH_FOLDER=$ROOT/usr/share/zsh/vendor-completions timeout 20 zsh -f -c '
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z "source ./zshrc"
        until [[ -e ready ]]; do sleep 0.05; done
        zpty -w -n z "$1$(print -n "\t\C-t")"
        until [[ -s line ]]; do sleep 0.05; done
        cat line
        zpty -d z' - "$1")
}
if has zsh zsh__completes; then
    equal zsh__command 'causeway check-config ' "$(complete_zsh 'causeway check')"
    equal zsh__value 'causeway messages --condition=ready ' "$(complete_zsh 'causeway messages --condition=r')"
    equal zsh__file 'causeway status --config causeway.json ' "$(complete_zsh 'causeway status --config causeway.j')"
fi

# --- systemd, and dpkg itself
none units__name_the_program "$(grep -hE '^ExecStart=' "$ROOT"/usr/lib/systemd/system/*.service | grep -v '/usr/bin/causeway ')"
none units__not_root "$(grep -LE '^User=causeway(-signer)?$' "$ROOT"/usr/lib/systemd/system/*.service)"
if [ "$(id -u)" -ne 0 ]; then
    echo 'skip dpkg__installs: only root can give files to other users'
else
    SYSTEM=$WORK/system
    mkdir -p "$SYSTEM"/var/lib/dpkg/{info,updates} "$SYSTEM/etc"
    touch "$SYSTEM/var/lib/dpkg/status"
    dpkg_there() { quiet dpkg --root="$SYSTEM" --force-depends --force-script-chrootless "$@"; }
    state() { dpkg-query --admindir="$SYSTEM/var/lib/dpkg" -W -f '${db:Status-Status}' causeway; }
    check dpkg__installs dpkg_there -i "$deb" "$dev"
    equal dpkg__installed installed "$(state)"
    equal dpkg__users 'causeway causeway-signer' "$(cut -d: -f 1 "$SYSTEM/etc/passwd" | grep causeway | sort | xargs)"
    id=$(sed -n 's/^causeway:[^:]*:\([0-9]*\):.*/\1/p' "$SYSTEM/etc/group" || true)
    equal dpkg__configuration_is_for_its_group "750 0 $id" "$(stat -c '%a %u %g' "$SYSTEM/etc/causeway")"
    none dpkg__enables_nothing "$(find "$SYSTEM/etc/systemd" -name '*causeway*' 2>/dev/null)"
    echo 'CAUSEWAY_OPTIONS=--role all' >"$SYSTEM/etc/default/causeway"
    touch "$SYSTEM/var/lib/causeway/causeway.db"
    check dpkg__again dpkg_there --force-confold -i "$deb"
    equal dpkg__keeps_what_was_changed 'CAUSEWAY_OPTIONS=--role all' "$(cat "$SYSTEM/etc/default/causeway")"
    check dpkg__purges dpkg_there --purge causeway
    check dpkg__keeps_the_database test -e "$SYSTEM/var/lib/causeway/causeway.db"
    check dpkg__is_gone test ! -e "$SYSTEM/usr/bin/causeway"
fi

# --- the library's example, and a proof that was touched
proof=$ROOT/usr/share/doc/libcauseway-proofs-dev/examples/withdrawal.json
jq '.withdrawal.value = "1"' "$proof" >"$WORK/value.json"
jq '.outputRoot |= (.[:-1] + (if .[-1:] == "0" then "1" else "0" end))' "$proof" >"$WORK/root.json"
jq '.proof |= .[:-1]' "$proof" >"$WORK/short.json"
jq '.proof[1] |= (.[:100] + (if .[100:101] == "0" then "1" else "0" end) + .[101:])' "$proof" >"$WORK/node.json"
jq '.withdrawal.sender = "0x12"' "$proof" >"$WORK/malformed.json"
judged() {
    local status=0
    "$1" "$2" >"$WORK/verdict" 2>&1 || status=$?
    echo "$status $(sed 's/:.*//' "$WORK/verdict")"
}
try_example() {
    local name=$1 program=$2 case
    equal "${name}__valid" '0 valid' "$(judged "$program" "$proof")"
    for case in value root short node; do equal "${name}__${case}_refused" '1 invalid' "$(judged "$program" "$WORK/$case.json")"; done
    equal "${name}__malformed" '2 withdrawal' "$(judged "$program" "$WORK/malformed.json")"
}
cp -r "$ROOT/usr/share/doc/libcauseway-proofs-dev/examples" "$WORK/example"
export PKG_CONFIG_PATH=$ROOT/usr/share/pkgconfig CFLAGS="-Wall -Wextra -Werror $sanitized" LDFLAGS=$sanitized
equal pkg_config__version "$version" "$(pkg-config --modversion causeway_proofs)"
check pkg_config__names_what_it_needs grep -q -- -lsecp256k1 <<<"$(pkg-config --libs causeway_proofs)"
check pkg_config__builds quiet make -C "$WORK/example"
try_example pkg_config "$WORK/example/withdrawal"
check find_package__configures quiet env -u PKG_CONFIG_PATH cmake -S "$WORK/example" -B "$WORK/example/build" -DCMAKE_PREFIX_PATH="$ROOT/usr"
check find_package__builds quiet cmake --build "$WORK/example/build"
try_example find_package "$WORK/example/build/withdrawal"

# --- without a package
check install__anywhere quiet cmake --install "$BUILD" --prefix "$WORK/own"
check install__unit_names_it grep -q "^ExecStart=$WORK/own/bin/causeway " "$WORK/own/lib/systemd/system/causeway.service"
check install__runs quiet "$WORK/own/bin/causeway" version
if has systemd-analyze units__verified; then
    none units__verified "$(systemd-analyze verify --man=no "$WORK"/own/lib/systemd/system/* 2>&1 | grep -i causeway)"
fi

# --- the container's steps are those that the README tells
none container__as_the_readme_says "$(sed -nE 's/^RUN //p' "$REPO/config/Containerfile" | sed 's/ && /\n/g' | grep -E '^(config/install|cmake|cpack)' |
    while read -r step; do grep -qF -- "$step" "$REPO/README.md" || echo "$step"; done)"
