# Builds sessiond, sessionctl and the unit tests, with VARIANT=asan with sanitizers; with VARIANT=fuzz the fuzzing
# targets, with clang. Everything that is built goes to build/. `make` builds both programs; `make run`, `make test` and
# `make bench` call the scripts of the same names.

BUILD   := build
VARIANT ?=
OUT     := $(BUILD)$(if $(VARIANT),/$(VARIANT))

CXX      ?= g++
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Werror
HARDEN   := -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fPIE
OPTIMIZE := -O2 -g -D_FORTIFY_SOURCE=2
PGINC    := $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
CXXFLAGS_ALL = -std=c++20 $(WARNINGS) $(HARDEN) $(OPTIMIZE) $(SANITIZE) -Isrc -isystem $(PGINC) -MMD -MP $(CXXFLAGS)
LDFLAGS_ALL  = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
LIBS     := -lfcgi -lpq -lcrypto -largon2 -lcrypt -lseccomp

# GCC takes what the sanitizers add to std::regex for the use of something uninitialized.
ifeq ($(VARIANT),asan)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-maybe-uninitialized
OPTIMIZE := -O1 -g -fno-omit-frame-pointer
endif

ifeq ($(VARIANT),fuzz)
CXX := $(firstword $(wildcard /usr/bin/clang++ /usr/bin/clang++-14) clang++)
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fsanitize-ignorelist=tests/fuzz/ignored.txt
OPTIMIZE := -O1 -g -fno-omit-frame-pointer
endif

LAYERS  := base crypto pg http nginx store auth server ctl
SOURCES := $(sort $(foreach layer,$(LAYERS),$(wildcard src/$(layer)/*.cc src/$(layer)/*/*.cc)))
GENERATED := $(addprefix $(OUT)/generated/,common_passwords.cc claims.cc)
OBJECTS := $(SOURCES:%.cc=$(OUT)/%.o) $(GENERATED:.cc=.o)
TESTS   := $(sort $(wildcard tests/unit/*.cc))
TEST_OBJECTS := $(TESTS:%.cc=$(OUT)/%.o)
FUZZERS := $(patsubst tests/fuzz/%.cc,$(OUT)/fuzz-%,$(sort $(wildcard tests/fuzz/*.cc)))
STORE_OBJECTS := $(foreach layer,base crypto pg store,$(filter $(OUT)/src/$(layer)/%,$(OBJECTS)))

# Where `make install` puts things. The settings of the service are always below SYSCONFDIR/sessiond, and the programs
# look for them in /etc/sessiond.
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system

.PHONY: all deb package-test tarball tarball-test run test check unit integration soak bench asan fuzz fuzzers lint format install clean
.DELETE_ON_ERROR:

PROGRAMS := $(OUT)/sessiond $(OUT)/sessionctl

all: $(PROGRAMS)

# Both programs take from the library what they use, and so have no statement of the other.
$(PROGRAMS): $(OUT)/%: $(OUT)/src/%.o $(OUT)/library.a
	@echo "  LINK $@"
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(OUT)/library.a: $(OBJECTS)
	@echo "  AR $@"
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/unit: $(TEST_OBJECTS) $(OBJECTS)
	@echo "  LINK $@"
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lgtest -lgtest_main -pthread

# Prints the SQL of the service; the tests of the statements and scripts/bench build it for themselves.
$(OUT)/statements: $(OUT)/tests/statements.o $(STORE_OBJECTS)
	@echo "  LINK $@"
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

fuzzers: $(FUZZERS)

$(FUZZERS): $(OUT)/fuzz-%: $(OUT)/tests/fuzz/%.o $(OUT)/library.a
	@echo "  LINK $@"
	@$(CXX) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS)

define compile
@echo "  CXX $<"
@mkdir -p $(@D)
@$(CXX) $(CXXFLAGS_ALL) -c -o $@ $<
endef

$(OUT)/%.o: %.cc
	$(compile)

$(GENERATED:.cc=.o): %.o: %.cc
	$(compile)

# The list of common passwords as a constant, one string literal a line.
$(OUT)/generated/common_passwords.cc: src/auth/common-passwords.txt Makefile
	@echo "  GEN $@"
	@mkdir -p $(@D)
	@LC_ALL=C sed -e 's/[\\"?]/\\&/g' -e 's/.*/"&\\n"/' \
	  -e '1i // Made of $< by the Makefile.\n#include "auth/common_passwords.h"\n' \
	  -e '1i namespace auth {\n\nusing namespace std::literals;\n\nconstinit const std::string_view kCommonPasswords =' \
	  -e '$$a ""sv;\n\n}  // namespace auth' $< >$@

# The headers by which a client could say who its user is, as the parameters of FastCGI that they become.
$(OUT)/generated/claims.cc: nginx/guard-headers.txt Makefile
	@echo "  GEN $@"
	@mkdir -p $(@D)
	@{ printf '%s\n' '// Made of $< by the Makefile.' '#include "http/claims.h"' '' '#include <array>' '' 'namespace http {' \
	  'constexpr auto kNames = std::to_array<std::string_view>({' && \
	  sed -nE 's/^!+([^ ]+).*/\1/p' $< | tr 'a-z-' 'A-Z_' | sed 's/.*/    "HTTP_&",/' && \
	  printf '%s\n' '});' 'constinit const std::span<const std::string_view> kClaims(kNames);' '}  // namespace http'; } >$@

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(PROGRAMS:$(OUT)/%=$(OUT)/src/%.d) $(OUT)/tests/statements.d
-include $(FUZZERS:$(OUT)/fuzz-%=$(OUT)/tests/fuzz/%.d)

run test bench:
	scripts/$@

check: unit
unit: $(OUT)/unit
	$(OUT)/unit --gtest_brief=1

integration:
	scripts/test integration

# Runs the tests of races for many rounds (RACE_ROUNDS says how many), the recipes of docs/applications.md with the real
# applications, a Prometheus that watches the service, and a cluster of Patroni; it installs all of them. And tries the
# package for Debian.
soak:
	scripts/install-packages applications cluster
	RACE_ROUNDS=$${RACE_ROUNDS:-200} scripts/test integration tests/integration/races.bats tests/soak/*.bats
	TEST_PARTITIONS=4 scripts/test integration tests/integration/sessions.bats tests/integration/cleanup.bats tests/integration/races.bats
	$(MAKE) package-test
	$(MAKE) tarball-test

asan:
	$(MAKE) VARIANT=asan all $(BUILD)/asan/unit
	$(BUILD)/asan/unit --gtest_brief=1
	SESSIOND=$(BUILD)/asan/sessiond SESSIONCTL=$(BUILD)/asan/sessionctl scripts/test integration

# Runs each fuzzing target for a time: FUZZ_SECONDS says how long.
fuzz:
	FUZZ_SECONDS=$${FUZZ_SECONDS:-300} scripts/test fuzz

lint:
	shellcheck -x $(shell find scripts -maxdepth 1 -type f) scripts/debian/build $(wildcard scripts/debian/*.post*) tests/package.sh tests/package-life.bash tests/machine.bash tests/tarball.sh .ci/run tests/browser/install tests/integration/lib/*.bash tests/soak/lib/*.bash tests/bench/*.bash
	cppcheck --quiet --std=c++20 --enable=warning,performance,portability --inline-suppr --suppress=missingInclude \
	  --suppress=missingIncludeSystem --error-exitcode=1 -Isrc src
	printf '%s\n' $(SOURCES) $(wildcard src/*.cc) | xargs -P$$(nproc) -I{} clang-tidy --quiet --config-file=src/.clang-tidy {} -- -std=c++20 -Isrc -isystem $(PGINC)

format:
	clang-format -i --style=file:src/.clang-format $(wildcard src/*.cc src/*/*.cc src/*/*.h src/*/*/*.cc src/*/*/*.h tests/*.cc tests/unit/*.cc tests/unit/*.h tests/fuzz/*.cc tests/fuzz/*.h)

# The scripts that sessionctl calls.
INSTALLED_SCRIPTS := $(addprefix scripts/,create-database migrate render-nginx)
INSTALLED_LIBRARIES := $(addprefix scripts/,lib.sh lib-database.sh lib-parts.sh lib-peer.sh)

# The list of common passwords is compiled into the program. Its text is installed for those who want to add to it,
# because a list that PASSWORD_BLOCKLIST names replaces the one in the program. The licence of the list goes with every
# copy. A settings file that is there is kept.
install: $(PROGRAMS) $(OUT)/sessionctl.bash-completion
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/sbin $(PROGRAMS)
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/sessiond.8 docs/sessionctl.8
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/sessiond/scripts $(INSTALLED_SCRIPTS)
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/sessiond/scripts $(INSTALLED_LIBRARIES)
	install -D -m 0644 $(OUT)/sessionctl.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sessionctl
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/sessiond/sql sql/*.sql
	cd nginx && find . -type f -exec install -D -m 0644 {} $(abspath $(DESTDIR)$(PREFIX))/share/sessiond/nginx/{} \;
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/sessiond src/auth/common-passwords.txt src/auth/common-passwords.license
	install -D -m 0644 env.sample $(DESTDIR)$(PREFIX)/share/sessiond/env.sample
	install -D -m 0644 -t $(DESTDIR)$(UNITDIR) scripts/systemd/sessiond.socket
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/systemd/sessiond.service.in | \
	  install -m 0644 /dev/stdin $(DESTDIR)$(UNITDIR)/sessiond.service
	[ -e $(DESTDIR)$(SYSCONFDIR)/sessiond/sessiond.conf ] || \
	  install -D -m 0640 scripts/systemd/sessiond.conf $(DESTDIR)$(SYSCONFDIR)/sessiond/sessiond.conf

# Makes a package of Debian: build/sessiond_VERSION_ARCH.deb.
deb:
	scripts/debian/build

# Has a fresh machine follow docs/install.md to a guarded page, boot, upgrade, and remove the package.
package-test:
	scripts/install-packages package
	tests/package.sh

# Makes build/sessiond-VERSION-linux-ARCH.tar.gz, for hosts where nothing can be installed. Its programs look for libraries
# beside themselves first, and so do these libraries: that holds for DT_RPATH, and not for DT_RUNPATH.
tarball: $(PROGRAMS:$(OUT)/%=$(OUT)/portable/%) $(OUT)/sessionctl.bash-completion
	scripts/tarball

$(OUT)/portable/%: $(OUT)/src/%.o $(OUT)/library.a
	@echo "  LINK $@"
	@mkdir -p $(@D)
	@$(CXX) $(LDFLAGS_ALL) -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib' -o $@ $^ $(LIBS)

# Has a user of a minimal system, which has none of these libraries, unpack it and come to a guarded page.
tarball-test: tarball
	scripts/install-packages package
	tests/tarball.sh

# From the table of commands, with no settings but the defaults.
$(OUT)/sessionctl.bash-completion: $(OUT)/sessionctl
	@env -i $(OUT)/sessionctl -f /dev/null completion >$@

clean:
	rm -rf $(BUILD)
