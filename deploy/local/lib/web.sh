# The web apps: Node.js where the machine's own is too old, the packages that they are built with, and the built files,
# which the gateway serves. All stacks of a checkout share them.

WEB=$ROOT/frontend
WEB_APPS=(customer admin)
NODE_HOME=$CACHE/node

# What the build's tools ask for.
has_modern_node() {
    local version major minor
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return
    [[ $version =~ ^v([0-9]+)\.([0-9]+)\. ]] || return
    major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    ((major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19)))
}

# Puts a Node.js that is new enough into the path. Where there is none, an old npm fetches one, and a newer npm with it.
use_node() {
    if has_modern_node; then return; fi
    if ! cmp -s "$ROOT/deploy/node/package-lock.json" "$NODE_HOME/package-lock.json"; then
        rm -rf "$NODE_HOME" "$NODE_HOME.new"
        mkdir -p "$NODE_HOME.new"
        cp "$ROOT"/deploy/node/{package.json,package-lock.json,.npmrc} "$NODE_HOME.new"
        (cd "$NODE_HOME.new" && npm ci --no-audit --no-fund)
        mv "$NODE_HOME.new" "$NODE_HOME"
    fi
    # npm links the one's programs, and not the other's: that one is there for this machine's processor only.
    PATH=$(echo "$NODE_HOME"/node_modules/node-linux-*/bin):$NODE_HOME/node_modules/.bin:$PATH
    hash -r
    has_modern_node || give_up 'there is no Node.js 20.19 or later, and the one that was fetched does not run here'
}

# Two stacks of one checkout do not install and build over each other. Held until the caller's shell ends.
lock_web() {
    mkdir -p "$CACHE"
    exec 6>"$CACHE/web.lock"
    flock 6
}

# install_npm FOLDER: what its lock file names, when that or Node.js is another than the last time.
install_npm() {
    local folder=$1 mark=$1/node_modules/.waybill wanted
    wanted="$(node --version) $(cksum <"$folder/package-lock.json")"
    if [[ -r $mark && $(<"$mark") == "$wanted" ]]; then return; fi
    (cd "$folder" && npm ci --no-audit --no-fund) || return
    echo "$wanted" >"$mark"
}

# Changes with every file that goes into the build.
fingerprint_of_web() {
    (
        cd "$WEB"
        find "${WEB_APPS[@]}" shared scripts app-config.ts package.json package-lock.json tsconfig.base.json \
            \( -name node_modules -o -name dist -o -path customer/public/pictures \) -prune -o \
            -type f ! -name '*.test.*' -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
    )
}

is_web_built() {
    local app
    for app in "${WEB_APPS[@]}"; do [[ -e $WEB/$app/dist/index.html ]] || return; done
    [[ -r $CACHE/web && $(<"$CACHE/web") == "$1" ]]
}

build_web() {
    local wanted
    lock_web
    wanted=$(fingerprint_of_web)
    if is_web_built "$wanted"; then
        note 'the shop and the admin panel are built'
        return
    fi
    use_node
    install_npm "$WEB"
    rm -f "$CACHE/web"
    (cd "$WEB" && npm run build)
    echo "$wanted" >"$CACHE/web"
    note "built the shop and the admin panel with Node.js $(node --version)"
}
