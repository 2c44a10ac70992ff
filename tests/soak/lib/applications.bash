# shellcheck shell=bash
# Real applications behind the guard, in a box, set up by the snippets of docs/applications.md at the places that it
# names.

# shellcheck source=box.bash
source "${BASH_SOURCE[0]%/*}/box.bash"
# shellcheck source=visits.bash
source "${BASH_SOURCE[0]%/*}/visits.bash"

PAPER=$ROOT/docs/applications.md
# The settings of the login, as the paper says them.
mapfile -t LOGIN < <(sed -nE 's/^ {6}([A-Z_]+=.*)/\1/p' "$PAPER")

# snippet WHAT: prints the block of the paper that begins with ```WHAT. There must be one.
snippet() {
    local text
    text=$(awk -v start="\`\`\`$1" '$0 == start { inside = 1; next } /^```$/ { inside = 0 } inside' "$PAPER")
    [[ $(grep -cxF -- "\`\`\`$1" "$PAPER") == 1 && -n $text ]] || fail "$PAPER has no block '$1', or several"
    printf '%s\n' "$text"
}

# applications_up NAME...: the service with some users, and a box in which all of these run.
applications_up() {
    local name
    ((EUID == 0)) || skip "needs root, for namespaces of its own"
    [[ -x /usr/sbin/fcgiwrap ]] || fail "the applications are missing: run scripts/install-packages applications"
    stack_new
    declare -p STACK PORT RUN_DIR ENV_FILE >"$BATS_FILE_TMPDIR/stack"
    stack_up "${LOGIN[@]}"
    for name in ada mallory carol ada_ ada. ada+ ada- ada@example.org; do
        api POST /register "$(registration "$name")"
    done
    box_new
    for name in "$@"; do
        "${name}_up"
    done
}

# After a setup that failed, bats has forgotten what it exported.
applications_down() {
    [[ -f $BATS_FILE_TMPDIR/stack ]] || return 0
    # shellcheck source=/dev/null
    source "$BATS_FILE_TMPDIR/stack"
    box_down || true
    stack_down
}

# --- nginx and what runs behind it -----------------------------------------------------------------------------------

# Each application's server is its snippet and these lines.
APPLICATIONS=(dokuwiki mediawiki wordpress phpmyadmin prometheus cgit grafana nextcloud)

nginx_configuration() {
    local name
    cat <<'TEXT'
user www-data;
daemon off;
pid /run/nginx.pid;
error_log stderr notice;
events {}
http {
    include mime.types;
    include sessiond/http.conf;
    access_log off;
    ssl_certificate /etc/nginx/test.crt;
    ssl_certificate_key /etc/nginx/test.key;
    upstream php-handler { server unix:/run/php/php-fpm.sock; }
    server { listen 443 ssl; server_name auth.example.org; include sessiond/server.conf; }
TEXT
    for name in "${APPLICATIONS[@]}"; do
        printf 'server { listen 443 ssl; server_name %s.example.org;\n' "$name"
        snippet "nginx $name"
        [[ $name != nextcloud ]] || nextcloud_manual
        printf '}\n'
    done
    printf '}\n'
}

# What matters of the configuration in Nextcloud's manual.
nextcloud_manual() {
    cat <<TEXT
root /var/www/nextcloud;
index index.php;
location / { try_files \$uri \$uri/ /index.php\$request_uri; }
location ~ \.php(?:\$|/) {
    fastcgi_split_path_info ^(.+?\.php)(/.*)\$;
    include fastcgi_params;
    $(snippet 'nginx nextcloud php')
    fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    fastcgi_pass php-handler;
}
TEXT
}

nginx_up() {
    box openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=*.example.org' \
        -keyout /etc/nginx/test.key -out /etc/nginx/test.crt 2>/dev/null
    box "${CLEAN[@]}" "${CHEAP[@]}" "${LOGIN[@]}" "$ROOT/scripts/render-nginx" /etc/nginx >"$STACK/render.log" 2>&1
    box_write /etc/nginx/nginx.conf nginx_configuration
    box_run nginx nginx -c /etc/nginx/nginx.conf -e stderr
    wait_until 20 visit_is 200 https://auth.example.org/login
}

# PHP with the settings and modules of the machine.
php_up() {
    local php
    php=$(compgen -G '/usr/sbin/php-fpm*' | sort -V | tail -n 1)
    box_write /etc/php-fpm.conf <<'TEXT'
[global]
error_log = /dev/stderr
daemonize = no
[www]
user = www-data
group = www-data
listen = /run/php/php-fpm.sock
listen.owner = www-data
pm = static
pm.max_children = 4
catch_workers_output = yes
TEXT
    box mkdir -p /run/php
    box_run php "$php" --fpm-config /etc/php-fpm.conf
    wait_until 20 box test -S /run/php/php-fpm.sock
}

# --- the applications ------------------------------------------------------------------------------------------------

# take WHAT: writes the block of the paper to the file that its name says, behind what is there already.
take() {
    local file=${1#* }
    box mkdir -p "${file%/*}"
    snippet "$1" | box tee -a "$file" >/dev/null
}

dokuwiki_up() {
    take 'php /var/lib/dokuwiki/lib/plugins/authsessiond/auth.php'
    echo "\$conf['authtype'] = 'authsessiond';" | box tee -a /etc/dokuwiki/local.php >/dev/null
}

mediawiki_up() {
    box mkdir -p /var/lib/wiki-data
    box php /usr/share/mediawiki/maintenance/install.php --dbtype sqlite --dbpath /var/lib/wiki-data --scriptpath '' \
        --server https://mediawiki.example.org --pass "$PASSWORD" --confpath /etc/mediawiki Wiki Administrator \
        >"$STACK/mediawiki.log" 2>&1
    box chown -R www-data /var/lib/wiki-data
    take 'php /etc/mediawiki/LocalSettings.php'
}

mariadb_up() {
    box mkdir -p /var/lib/box-mysql /run/mysqld
    box chown www-data /var/lib/box-mysql /run/mysqld
    box mariadb-install-db --no-defaults --user=www-data --datadir=/var/lib/box-mysql --skip-test-db \
        >"$STACK/mariadb-install.log" 2>&1
    box_run mariadb mariadbd --no-defaults --user=www-data --datadir=/var/lib/box-mysql --skip-networking \
        --socket=/run/mysqld/mysqld.sock --innodb-flush-log-at-trx-commit=0
    wait_until 60 box mariadb-admin --silent ping
}

wordpress_up() {
    box mariadb -e "create database wordpress; create user wordpress@localhost identified by 'wordpress';
        grant all on wordpress.* to wordpress@localhost"
    box_write /etc/wordpress/config-wordpress.example.org.php <<'TEXT'
<?php
define('DB_PASSWORD', 'wordpress');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_SITEURL', 'https://wordpress.example.org');
define('WP_HOME', WP_SITEURL);
TEXT
    # shellcheck disable=SC2016 # PHP
    box php -r '
        define("WP_INSTALLING", true);
        $_SERVER += ["HTTP_HOST" => "wordpress.example.org", "HTTPS" => "on", "REQUEST_URI" => "/"];
        require "/usr/share/wordpress/wp-load.php";
        require ABSPATH . "wp-admin/includes/upgrade.php";
        wp_install("A blog", "ada", "ada@example.org", true, "", $argv[1]);
        update_option("permalink_structure", "/%postname%/");
        wp_create_user("mallory", $argv[1], "mallory@example.org");
    ' "$PASSWORD" >"$STACK/wordpress.log" 2>&1
    take 'php /var/lib/wordpress/wp-content/mu-plugins/guarded.php'
    box_write /var/lib/wordpress/wp-content/mu-plugins/told.php <<'TEXT'
<?php
if (wp_doing_cron()) {
    file_put_contents('/run/told', '[' . $_SERVER['REMOTE_USER'] . '] ' . ($_SERVER['HTTP_COOKIE'] ?? ''));
}
TEXT
}

# Prints the names of the administrators in WordPress, one a line.
wordpress_administrators() {
    box mariadb -N wordpress -e "select user_login from wp_users join wp_usermeta on user_id = wp_users.ID
        where meta_key = 'wp_capabilities' and meta_value like '%administrator%' order by user_login"
}

phpmyadmin_up() {
    take 'php /etc/phpmyadmin/conf.d/guarded.php'
    take 'php /etc/phpmyadmin/signon.php'
    box mariadb -e "create user ada@localhost identified by 'her password at the database'"
}

prometheus_up() {
    local ARGS
    eval "$(snippet 'sh /etc/default/prometheus')"
    # shellcheck disable=SC2086 # as its init script does
    box_run prometheus setpriv --reuid prometheus --regid prometheus --clear-groups \
        prometheus --config.file=/etc/prometheus/prometheus.yml $ARGS
}

cgit_up() {
    box tee /etc/cgitrc </dev/null >/dev/null
    take 'sh /etc/cgitrc'
    take 'html /etc/cgit-header.html'
    box git init -q --bare /srv/git/bellows.git
    box_run fcgiwrap setpriv --reuid www-data --regid www-data --clear-groups fcgiwrap -s unix:/run/fcgiwrap.socket
}

# In the place of Grafana and Nextcloud: a program and a script that answer with what they are told.
stand_ins_up() {
    box_run grafana "$PYTHON" -c "
import http.server
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((self.path + '\\n' + str(self.headers)).encode())
http.server.HTTPServer(('127.0.0.1', 3000), Echo).serve_forever()"
    box_write /var/www/nextcloud/index.php <<'TEXT'
<?php
header('Content-Type: text/plain');
echo $_SERVER['PATH_INFO'], ': [', $_SERVER['REMOTE_USER'], '] ', $_SERVER['HTTP_COOKIE'] ?? '', ' ',
    $_SERVER['HTTP_AUTHORIZATION'] ?? '', "\n";
TEXT
}
