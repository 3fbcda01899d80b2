# What the machine must have, and how it gets it: one `apt-get install` that lists only what is missing.

# Where Debian puts the server's own programs (initdb, postgres), which are in nobody's path.
postgres_bin() {
    local folder newest=''
    for folder in /usr/lib/postgresql/*/bin; do
        if [[ -x $folder/postgres && -x $folder/initdb ]]; then newest=$folder; fi
    done
    [[ -n $newest ]] && printf '%s' "$newest"
}

has_java_17() {
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') && ((${version:-0} >= 17))
}

# The packages whose programs or headers are not here. Looked up by what they bring, so that a JDK or a compiler from
# elsewhere counts as well.
missing_packages() {
    local missing=()
    lacks() { ! command -v "$1" >/dev/null; }
    if lacks cc || lacks c++ || [[ ! -e /usr/include/stdlib.h ]]; then missing+=(build-essential); fi
    if lacks pkg-config; then missing+=(pkg-config); fi
    if lacks curl; then missing+=(curl); fi
    if lacks openssl; then missing+=(openssl); fi
    if lacks jq; then missing+=(jq); fi
    if lacks kill; then missing+=(procps); fi
    if [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then missing+=(ca-certificates); fi
    if ! postgres_bin >/dev/null; then missing+=(postgresql); fi
    if lacks psql; then missing+=(postgresql-client); fi
    if lacks redis-server; then missing+=(redis-server); fi
    if lacks nginx; then missing+=(nginx); fi
    if lacks java || ! has_java_17; then missing+=(openjdk-17-jre-headless); fi
    if lacks mvn; then missing+=(maven); fi
    if lacks npm; then missing+=(npm); fi
    echo "${missing[*]}"
}

ensure_packages() {
    local missing
    missing=$(missing_packages)
    if [[ -z $missing ]]; then
        note 'everything that is needed is installed'
    else
        echo "missing: $missing"
        install_packages $missing
        missing=$(missing_packages)
        [[ -z $missing ]] || give_up "still missing after the installation: $missing"
        note 'installed what was missing'
    fi
    command -v cargo >/dev/null ||
        give_up 'cargo is not here: Waybill needs a Rust toolchain (https://rustup.rs), which it does not install itself'
}

install_packages() {
    local install=(bash "$ROOT/deploy/local/apt-install" "$@")
    if ((EUID == 0)); then
        "${install[@]}"
    elif command -v sudo >/dev/null; then
        sudo "${install[@]}"
    else
        give_up "to install packages this needs root or sudo; as root: apt-get install $*"
    fi
}

# Asks for the password, if there is one to be asked for, before the steps take over the terminal.
authorise_installation() {
    if [[ -n $(missing_packages) ]] && ((EUID != 0)) && command -v sudo >/dev/null; then
        sudo -v
    fi
}
