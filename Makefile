# Rekindle - one Makefile, no recursion. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

VERSION := 0.1.0
CONFIG ?= release
B := build/$(CONFIG)

# ---- compilers: release (gcc), san (gcc with ASan and UBSan), clang (clang 14), fuzz (clang with libFuzzer)
CC_release := gcc
CC_san     := gcc
CC_clang   := clang-14
CC_fuzz    := clang-14
CC          = $(CC_$(CONFIG))

WARNINGS := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wconversion -Wno-sign-conversion -Wvla -Wformat=2 -Wcast-qual -Wwrite-strings -Wundef
CPPFLAGS := -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DREKINDLE_VERSION='"$(VERSION)"'
CFLAGS_release := -O2 -g -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
CFLAGS_san     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_clang   := -O2 -g -fPIE
CFLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_san     := -fsanitize=address,undefined
LDFLAGS_clang   := -pie
LDFLAGS_fuzz    := -fsanitize=fuzzer,address,undefined
CFLAGS  := -std=c17 $(WARNINGS) $(CFLAGS_$(CONFIG)) $(EXTRA_CFLAGS) -pthread
LDFLAGS := $(LDFLAGS_$(CONFIG)) $(EXTRA_LDFLAGS) -pthread

# Expanded only when an object of the loader is compiled, so after the packages are there.
MYSQL_CFLAGS = $(shell pkg-config --cflags libmariadb 2>/dev/null || mysql_config --cflags)
MYSQL_LIBS   = $(shell pkg-config --libs libmariadb 2>/dev/null || mysql_config --libs)

# V=1 shows the commands instead of what they make.
QUIET := $(if $(V),,@)
SAY   := $(if $(V),@:,@echo)

# ---- what there is to build
COMMON_SRC    := $(wildcard common/*.c)
PREDICTOR_SRC := $(filter-out predictor/main.c,$(wildcard predictor/*.c predictor/*/*.c))
LOADER_SRC    := $(filter-out loader/main.c,$(wildcard loader/*.c loader/*/*.c))
UNIT_SRC      := $(wildcard tests/unit/*/*_test.c)
FUZZ_SRC      := $(wildcard tests/fuzz/*_fuzz.c)

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIBCOMMON    := $(B)/lib/libcommon.a
LIBPREDICTOR := $(B)/lib/libpredictor.a
LIBLOADER    := $(B)/lib/libloader.a
PROGRAMS     := $(B)/bin/rekindle-predict $(B)/bin/rekindle-load

COMMON_LIBS    := -lcsv -linih -lxxhash -lz -lm
PREDICTOR_LIBS := -lgsl -lgslcblas -lz -lzstd -lm
LOADER_LIBS     = -lhiredis -lcurl -lz -lssl -lcrypto -lsqlite3 $(MYSQL_LIBS)

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))

.PHONY: all help deps check test test-long test-engines demo bench bench-incident exports fuzz unit format lint install \
        uninstall clean
all: $(PROGRAMS) build/bin/rekindle-predict build/bin/rekindle-load ## build both programs (CONFIG=release|san|clang)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

# ---- packages: installed from Debian when they are missing (as root or with sudo)
build/deps/%.stamp: tests/setup/install_packages.sh tests/setup/packages-%.txt
	@bash tests/setup/install_packages.sh $*
	@mkdir -p $(@D) && touch $@

deps: build/deps/build.stamp build/deps/test.stamp ## install what building and testing need from Debian's packages

# ---- compile
$(B)/obj/loader/%.o: loader/%.c | build/deps/build.stamp
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $<"
	$(QUIET)$(CC) $(CPPFLAGS) $(MYSQL_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/tests/unit/loader/%.o: tests/unit/loader/%.c | build/deps/build.stamp build/deps/test.stamp
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $<"
	$(QUIET)$(CC) $(CPPFLAGS) $(MYSQL_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/%.o: %.c | build/deps/build.stamp
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $<"
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIBCOMMON): $(call objects,$(COMMON_SRC))
$(LIBPREDICTOR): $(call objects,$(PREDICTOR_SRC))
$(LIBLOADER): $(call objects,$(LOADER_SRC))
$(LIBCOMMON) $(LIBPREDICTOR) $(LIBLOADER):
	@mkdir -p $(@D)
	@rm -f $@
	$(QUIET)ar rcs $@ $^

$(B)/bin/rekindle-predict: $(B)/obj/predictor/main.o $(LIBPREDICTOR) $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(PREDICTOR_LIBS) $(COMMON_LIBS)

$(B)/bin/rekindle-load: $(B)/obj/loader/main.o $(LIBLOADER) $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LOADER_LIBS) $(COMMON_LIBS)

build/bin/%: $(B)/bin/%
	@mkdir -p $(@D)
	@ln -sfn ../$(CONFIG)/bin/$* $@

# ---- tests: a unit test links against the room it tests
$(B)/tests/common/%: $(B)/obj/tests/unit/common/%.o $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) -lcmocka

$(B)/tests/predictor/%: $(B)/obj/tests/unit/predictor/%.o $(LIBPREDICTOR) $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(PREDICTOR_LIBS) $(COMMON_LIBS) -ljansson -lcmocka

$(B)/tests/loader/%: $(B)/obj/tests/unit/loader/%.o $(LIBLOADER) $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LOADER_LIBS) $(COMMON_LIBS) -lcmocka

$(call objects,$(UNIT_SRC)): | build/deps/test.stamp

# ---- test tools: small programs that stand for an application, a naive loader...; tests ask for them by name
build/tools/%: tests/tools/%.c | build/deps/build.stamp build/deps/test.stamp
	@mkdir -p $(@D)
	$(SAY) "tool: $@"
	$(QUIET)$(CC_release) -std=c17 -Wall -Wextra -Werror -D_DEFAULT_SOURCE $(MYSQL_CFLAGS) -O2 -pthread $< -o $@ \
	    -lhiredis $(MYSQL_LIBS) -lz -lm

build/tools/cache_aside: tests/tools/traffic_record.h

TOOLS := $(patsubst tests/tools/%.c,build/tools/%,$(wildcard tests/tools/*.c))

unit: $(UNIT_TESTS) ## build and run the unit tests of CONFIG
	@bash tests/run_units.sh $(UNIT_TESTS)

# ---- fuzz targets: libFuzzer with CONFIG=fuzz, and replay of the corpora as an ordinary test
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(LIBPREDICTOR) $(LIBCOMMON)
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(PREDICTOR_LIBS) $(COMMON_LIBS) -ljansson $(FUZZ_LIBS)

# One file of the loader, without its servers' libraries.
$(B)/fuzz/control_file_fuzz: $(B)/obj/tests/fuzz/control_file_fuzz.o $(B)/obj/loader/folder/control_file.o \
    $(B)/obj/loader/folder/run_folder.o $(B)/obj/loader/folder/key_value.o
$(B)/fuzz/journal_record_fuzz: $(B)/obj/loader/folder/journal_record.o $(B)/obj/loader/folder/journal_cursor.o
$(B)/fuzz/key_value_fuzz: $(B)/obj/loader/folder/key_value.o
$(B)/fuzz/redis_info_fuzz: $(B)/obj/loader/sink/redis_info.o
$(B)/fuzz/redis_pool_fuzz: $(patsubst %,$(B)/obj/loader/sink/redis_%.o,pool address target cluster fault reader)
$(B)/fuzz/redis_pool_fuzz: FUZZ_LIBS = -lhiredis
$(B)/fuzz/image_format_fuzz: $(B)/obj/tests/fuzz/image_format_fuzz.o $(B)/obj/loader/source/image_format.o
$(B)/fuzz/json_object_fuzz: $(B)/obj/tests/fuzz/json_object_fuzz.o $(B)/obj/loader/source/json_object.o
	@mkdir -p $(@D)
	$(SAY) "$(CONFIG): $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ -ljansson

FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/fuzz/%,$(FUZZ_SRC))
FUZZ_SECONDS ?= 3
.SECONDARY: $(patsubst %.c,build/fuzz/obj/%.o,$(FUZZ_SRC))

fuzz: ## run each fuzz target for FUZZ_SECONDS (3)
	@$(MAKE) --no-print-directory CONFIG=fuzz fuzz-run

.PHONY: fuzz-run
fuzz-run: $(FUZZERS)
	@bash tests/fuzz/run_fuzzers.sh $(FUZZ_SECONDS) $(FUZZERS)

# ---- the gates
format: ## let clang-format rewrite the C files
	@bash tests/check/format.sh --fix

lint: | build/deps/build.stamp build/deps/test.stamp ## clang-tidy, the one analyser that gates
	@bash tests/check/lint.sh

check: | build/deps/build.stamp build/deps/test.stamp ## what a commit needs: format, rooms, both compilers, unit tests under ASan and UBSan
	@bash tests/check/format.sh
	@bash tests/check/rooms.sh
	@bash tests/check/headers.sh
	@$(MAKE) --no-print-directory -j2 all
	@bash tests/check/manpages.sh
	@bash tests/check/docs.sh
	@$(MAKE) --no-print-directory -j2 CONFIG=clang build/clang/bin/rekindle-predict build/clang/bin/rekindle-load
	@$(MAKE) --no-print-directory -j2 CONFIG=san unit

test: check fuzz ## everything that Debian's packages can test: units, fuzzers, whole programs with private servers
	@bash tests/run_system.sh tests/system/*.sh

test-long: all $(TOOLS) | build/deps/test.stamp ## system tests that take over a minute
	@bash tests/run_system.sh $(wildcard tests/long/*.sh)

test-engines: all | build/deps/test.stamp build/deps/engines.stamp ## what needs PyPI, npm or Maven: comparisons with reference implementations
	@bash tests/run_system.sh $(wildcard tests/engines/*.sh)

demo: all build/deps/demo.stamp $(if $(filter mysql,$(SOURCE)),build/deps/mysql.stamp) ## the main job on a simulated shop (SOURCE=mysql: from a private MariaDB)
	@SOURCE=$(or $(SOURCE),sqlite) bash tests/demo/demo.sh

bench: all build/deps/test.stamp build/deps/bench.stamp ## speed and memory beside other tools, on the same work (ROWS="ingest load": only these)
	@bash tests/bench/bench.sh $(ROWS)

exports: all build/deps/exports.stamp ## make the study in notebooks-exports/ anew: tables, plots, text
	@bash notebooks-exports/source/export.sh

bench-incident: all build/tools/cache_aside build/deps/test.stamp build/deps/bench.stamp ## a launch cold, warmed and ramped: table and plots in build/incident
	@bash tests/bench/incident.sh

PREFIX ?= /usr/local
install: all ## copy the programs and man pages to PREFIX (/usr/local)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 predictor/rekindle-predict.1 loader/rekindle-load.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/rekindle $(wildcard loader/systemd/*) $(wildcard loader/cron/*)

uninstall: ## remove them
	rm -f $(DESTDIR)$(PREFIX)/bin/rekindle-predict $(DESTDIR)$(PREFIX)/bin/rekindle-load
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/rekindle-predict.1 $(DESTDIR)$(PREFIX)/share/man/man1/rekindle-load.1
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/rekindle

clean: ## remove build/
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
