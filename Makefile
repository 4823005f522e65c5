# Makefile: builds and installs the extension with PGXS, and starts the jobs of tools/.
#
#   make                  build ash.so and sql/ash--VERSION.sql
#   make install          install them                     (PG_CONFIG=… picks the server, DESTDIR=… a stage)
#   make installcheck     test against a running server that has them
#   make clean
#
#   make demo             run the examples                 (KEEP=1 leaves the server running)
#   make check            run every test                   (SUITES="regress tap", TESTS="page_* 03*" narrow it)
#   make check SANITIZE=address,undefined                  run them on a build with sanitizers
#   make coverage         run them and say which lines ran (the same variables)
#   make vectors          replay the recorded outcomes     (FILES="a.json b.json")
#   make bench            measure                          (ARGS="--quick")
#   make docs             write docs/reference/ and the answers below the examples of the pages anew
#
# The jobs from demo on install what they need and use a throw-away server of their own. V=1 shows whole
# command lines.

PG_CONFIG ?= pg_config

JOBS = demo check coverage vectors bench docs
export ARGS FILES KEEP SANITIZE SUITES TESTS V

ifneq (,$(filter $(JOBS),$(MAKECMDGOALS)))

# A job installs PostgreSQL first and then calls make again, so nothing of PGXS is needed, nor its
# own "check" target in the way.
.PHONY: $(MAKECMDGOALS)
.NOTPARALLEL:

$(JOBS):
	@tools/$@

$(filter-out $(JOBS),$(MAKECMDGOALS)):
	@$(MAKE) $@

else

EXTENSION = ash
MODULE_big = ash
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c src/*/*/*.c))
SHLIB_LINK = -ljansson $(ICU_LIBS)

# Version: stated in ash.control, derived everywhere else.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" ash.control)

# As many warnings as the newest major's own flags ask for. Warnings are errors; make WERROR= turns that off for a compiler newer than ours.
WERROR = -Werror
PG_CFLAGS = -Wall -Wextra -Wshadow=compatible-local $(WERROR) -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wno-cast-function-type -MMD -MP

# Only what is marked PGDLLEXPORT leaves the library. PostgreSQL 16 and later do this themselves.
PG_CPPFLAGS = -Isrc -DASH_VERSION='"$(EXTVERSION)"' -fvisibility=hidden \
	$(if $(filter 15,$(MAJORVERSION)),'-DPGDLLEXPORT=__attribute__((visibility("default")))')

# The install script is the fragments of sql/manifest, in that order.
FRAGMENTS := $(addprefix sql/,$(shell sed 's/\#.*//' sql/manifest))
INSTALL_SCRIPT_SQL = sql/ash--$(EXTVERSION).sql
DATA = $(wildcard sql/updates/ash--*--*.sql)
DATA_built = $(INSTALL_SCRIPT_SQL)

# Tests. Expected output of both drivers stands in the top-level expected/, so no two tests may share a name.
REGRESS = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=pgtap --load-extension=ash
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=ash
PROVE_TESTS = test/t/*.pl
ifneq ($(shell id -u),0)
TAP_TESTS = 1
endif

# What a build with COPT=--coverage leaves; "make coverage" builds elsewhere.
COVERED = $(wildcard src/*.gc?? src/*/*.gc?? src/*/*/*.gc??)
EXTRA_CLEAN = .build-flags sql/ash--*.sql results regression.diffs regression.out tmp_check \
	$(wildcard src/*.d src/*/*.d src/*/*/*.d) $(COVERED) $(BENCH_DRIVER)

# Bitcode for inlining C functions into expressions gains nothing here and doubles the build.
override with_llvm := no

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq (,$(wildcard $(PGXS)))
$(error no server headers behind PG_CONFIG=$(PG_CONFIG): install postgresql-server-dev-NN, or run tools/setup)
endif
include $(PGXS)

# What make can see is wrong, said before anything is built.
STRAY := $(filter-out $(FRAGMENTS) sql/updates/%,$(wildcard sql/*/*.sql sql/*/*/*.sql))
TWICE := $(filter $(REGRESS),$(ISOLATION))
$(if $(STRAY),$(error not listed in sql/manifest: $(STRAY)))
$(if $(TWICE),$(error test and isolation spec of the same name: $(TWICE)))

# A line of a recipe that begins with $(call brief,WORD) shows "WORD target" instead of the command; nothing with -s,
# everything with V=1.
brief = $(if $(V),,@$(if $(silent),,printf '  %-4s %s\n' $(1) $@;))
silent = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))

%.o: %.c
	$(call brief,CC) $(COMPILE.c) -o $@ $<

# The recipe of the library is in PGXS; this variable is its first word.
link_shared := $(LINK.shared)
LINK.shared = $(call brief,LINK) $(link_shared)

$(INSTALL_SCRIPT_SQL): $(FRAGMENTS) sql/manifest ash.control
	@rm -f sql/ash--*.sql
	$(call brief,SQL) { printf '%s\n' '\echo Use "CREATE EXTENSION ash" to load this file. \quit'; \
	  awk 'FNR == 1 { print "" } { print }' $(FRAGMENTS) /dev/null; } > $@.tmp
	@mv $@.tmp $@

# Another server, version or set of flags means other objects.
BUILD_FLAGS = $(VERSION) $(EXTVERSION) $(CC) $(CFLAGS) $(PG_CPPFLAGS) $(COPT)
.PHONY: FORCE
.build-flags: FORCE
	@printf '%s\n' $(call shell_quote,$(BUILD_FLAGS)) | cmp -s - $@ || \
	  printf '%s\n' $(call shell_quote,$(BUILD_FLAGS)) > $@
shell_quote = '$(subst ','\'',$(1))'

# For tools/check-headers.
.PHONY: show-CFLAGS show-CPPFLAGS
show-CFLAGS show-CPPFLAGS: show-%:
	@printf '%s\n' $(call shell_quote,$($*))

$(OBJS) $(OBJS:.o=.bc): .build-flags

-include $(OBJS:.o=.d)
-include bench/bench.mk

endif
